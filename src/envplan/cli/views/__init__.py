"""How answers and problems look to a person."""
