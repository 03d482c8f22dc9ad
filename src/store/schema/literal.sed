# Lines of SQL become lines of a C string literal.
s/[\\"]/\\&/g
s/.*/"&\\n"/
