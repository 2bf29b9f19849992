"""How the admin writes days and moments that Django formats: as `calls/display/formats.py` does."""
