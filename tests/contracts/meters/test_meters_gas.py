"""Gas of a reading: alone, and in a batch."""

ALONE_GOAL, BATCH_GOAL = 65_000, 28_900
DAY = 24


def test_gas__reading__stays_below_its_goals_alone_and_in_a_batch(world):
    slots = range(world.over - DAY + 1, world.over + 1)
    world.record(world.sign(slot=slots[0]))
    alone = world.record(world.sign(slot=slots[1], nonce=1)).gas_used
    batch = [world.sign(home, slot, nonce) for home in (1, 2) for nonce, slot in enumerate(slots)]
    assert alone <= ALONE_GOAL
    assert world.record(*batch).gas_used / len(batch) <= BATCH_GOAL
