"""Signals: engagement and loneliness risk, noticed on the stream."""
