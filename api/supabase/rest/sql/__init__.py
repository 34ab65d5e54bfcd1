"""From what is asked for to one statement: names out of the catalogue, values bound, whose rows they are decided."""
