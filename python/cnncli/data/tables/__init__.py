"""Tables and lists as text: pixels in columns, pictures named in rows."""
