def normalize(contact):
    email = contact["email"].strip().lower()
    name = " ".join(contact["name"].split()).title()
    return {"name": name, "email": email}


def same_person(a, b):
    return normalize(a)["email"] == normalize(b)["email"]


def unique_contacts(contacts):
    """Remove duplicate contacts, keeping the first one seen for every e-mail address."""
    unique = []
    for contact in contacts:
        if not any(same_person(contact, other) for other in unique):
            unique.append(contact)
    return [normalize(contact) for contact in unique]
