"""From tested tables to a release: the rules of the gate, the export and the commit."""
