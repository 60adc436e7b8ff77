"""The parts of the sample annual report: figures, drawing, and the pages one chapter to a module."""
