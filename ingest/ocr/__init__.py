"""Text from pictures: what has to be read by OCR (`need`), the models (`settings`), the reading (`recogniser`), and what is left
until it is asked for (`postponed`).

Nothing is imported here: the service looks at the settings only, and all else needs MuPDF, which belongs in the workers.
"""
