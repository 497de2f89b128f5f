def join_orders(orders, customers):
    result = []
    for order in orders:
        for customer in customers:
            if order["customer_id"] == customer["customer_id"]:
                result.append({"order_id": order["order_id"], "name": customer["name"]})
    return result
