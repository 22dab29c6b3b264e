"""Figures, measured side by side in one run; see README.md for the method."""
