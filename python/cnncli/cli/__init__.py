"""The command line: one file a command; `main` holds them together, `render` owns rich."""
