"""What programs, cohorts and enrollments are; no I/O, no clock."""
