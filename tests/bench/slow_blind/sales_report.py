def sales_report(rows):
    """Build a plain-text sales report with one block per region."""
    regions = []
    for row in rows:
        if row[0] not in regions:
            regions.append(row[0])
    regions.sort()

    report = ""
    for region in regions:
        products = []
        for row in rows:
            if row[0] == region and row[1] not in products:
                products.append(row[1])
        report += region + "\n"
        region_total = 0
        for product in sorted(products):
            total = 0
            for row in rows:
                if row[0] == region and row[1] == product:
                    total += row[2]
            report += "  " + product + ": " + str(total) + "\n"
            region_total += total
        report += "  total: " + str(region_total) + "\n"
    return report
