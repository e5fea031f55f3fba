"""The store: memory has a bound, and a statement that cannot do with it gets what the machine has."""

from pcmklog.store import Store

SORTED = "select sum(n) as n from (select n, row_number() over (order by hash(n)) as r from range(3000000) t(n))"


def test_a_statement_that_needs_more_memory_gets_it():
    store = Store()
    store.execute("set memory_limit = '16MB'; set temp_directory = ''")
    row = store.one(SORTED)
    assert row.n == 3000000 * 2999999 // 2


def test_tables_larger_than_memory_go_to_disk_and_come_back():
    store = Store()
    store.execute("set memory_limit = '48MB'")
    store.execute("create table large as select n, repeat('x', 200) || n as text from range(600000) t(n)")
    row = store.one("select count(*) as n, max(length(text)) as longest from large where text like '%99'")
    assert (row.n, row.longest) == (6000, 206)
    limit = store.one("select current_setting('memory_limit') as value")
    assert limit.value == "45.7 MiB"
