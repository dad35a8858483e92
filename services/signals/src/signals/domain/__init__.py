"""The model itself, pure: a member's activities in, her engagement and loneliness risk out."""
