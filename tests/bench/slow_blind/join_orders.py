def join_orders(orders, customers):
    result = []
    for order in orders:
        matched = False
        for customer in customers:
            if customer["id"] == order["customer_id"]:
                result.append({
                    "order": order["id"],
                    "customer": customer["name"],
                    "total": order["total"],
                })
                matched = True
                break
        if not matched:
            result.append({"order": order["id"], "customer": "unknown", "total": order["total"]})
    return result
