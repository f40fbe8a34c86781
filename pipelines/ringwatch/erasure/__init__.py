"""Takes an account out of everything that ringwatch keeps, and keeps it from coming back."""
