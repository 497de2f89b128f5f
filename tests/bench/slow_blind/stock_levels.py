class Inventory:
    def __init__(self):
        self.items = []

    def find(self, sku):
        for item in self.items:
            if item["sku"] == sku:
                return item
        return None

    def add(self, sku, quantity):
        item = self.find(sku)
        if item is None:
            self.items.append({"sku": sku, "quantity": quantity})
        else:
            item["quantity"] += quantity

    def remove(self, sku, quantity):
        item = self.find(sku)
        if item is None or item["quantity"] < quantity:
            return False
        item["quantity"] -= quantity
        return True


def stock_levels(movements):
    inventory = Inventory()
    rejected = 0
    for kind, sku, quantity in movements:
        if kind == "in":
            inventory.add(sku, quantity)
        elif not inventory.remove(sku, quantity):
            rejected += 1
    levels = {item["sku"]: item["quantity"] for item in inventory.items}
    return [levels, rejected]
