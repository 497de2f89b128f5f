def class_averages(students):
    classes = {student["class"] for student in students}
    subjects = {subject for student in students for subject in student["marks"]}
    table = {
        name: {
            subject: [s["marks"][subject] for s in students if s["class"] == name and subject in s["marks"]]
            for subject in subjects
        }
        for name in classes
    }
    return {
        name: {subject: round(sum(marks) / len(marks), 2) for subject, marks in table[name].items() if marks}
        for name in table
    }
