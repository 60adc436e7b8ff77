def continued(source, number, page, tables, seen):
    return tables
