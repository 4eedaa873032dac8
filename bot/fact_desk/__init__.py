"""The facts desk: changing facts with a source and a second pair of eyes, and seeing what rests on them."""
