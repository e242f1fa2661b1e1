"""Forms to be filled in by hand, and photographs of them: drawn, found, straightened, levelled, cut into cells."""
