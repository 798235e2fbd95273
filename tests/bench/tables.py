"""Rows of figures with their bars, and how they are printed."""


def row(name, what, unit, redis, cay, bar=None, digits=2):
    """One line of the table. A bar is the largest share of Redis's figure, or {"at_most": figure}."""
    return {"case": name, "what": what, "unit": unit, "redis": redis, "cay": cay,
            "ratio": cay / redis if redis else None, "bar": bar, "digits": digits}


def met(r):
    """True, False, or None where there is no bar."""
    if r["bar"] is None:
        return None
    if isinstance(r["bar"], float):
        return r["ratio"] is not None and r["ratio"] <= r["bar"]
    return r["cay"] <= r["bar"]["at_most"]


def bar_text(r):
    if r["bar"] is None:
        return ""
    if isinstance(r["bar"], float):
        return "<= %.2f" % r["bar"]
    return "<= %.0f us" % r["bar"]["at_most"]


def print_table(rows, hidden=()):
    """hidden: cases of which only the rows with a bar are printed."""
    print("\n%-16s %-66s %12s %12s %7s  %-18s %s" % ("case", "what", "redis", "cay", "ratio", "bar", "met"))
    for r in rows:
        if r["bar"] is None and r["case"] in hidden:
            continue
        number = "%%.%df" % r["digits"]
        what = r["what"] + (" [%s]" % r["unit"] if r["unit"] else "")
        verdict = {None: "", True: "yes", False: "NO"}[r["met"]]
        ratio = "%.2f" % r["ratio"] if r["ratio"] is not None else "-"
        print("%-16s %-66s %12s %12s %7s  %-18s %s" % (r["case"], what, number % r["redis"], number % r["cay"], ratio,
                                                       bar_text(r), verdict))


def print_progress(name):
    print("  measured " + name, flush=True)
