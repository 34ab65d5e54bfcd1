"""The reader: the role that questions of others are read with, found by its name and by what it may do."""

# By the database's number: roles are the whole server's, and another Darkroom's login must not read this one's rows.
READER = """
    FROM (SELECT coalesce(CAST({named} AS text), 'darkroom_reader_' || oid) AS reader FROM pg_database
      WHERE datname = current_database()) AS d
    JOIN pg_class AS c ON c.oid = to_regclass('public.image_generations')
    LEFT JOIN pg_roles AS r ON r.rolname = d.reader"""
"""FROM items: the tables as `c`, the reader's name as `d.reader`, and the role itself as `r`, if there is one."""
MAY_READ = """(r.oid IS NOT NULL AND has_column_privilege(r.oid, c.oid, 'id', 'SELECT') AND CASE
        WHEN CAST(current_setting('server_version_num') AS integer) >= 160000 THEN pg_has_role(r.oid, 'SET')
        ELSE pg_has_role(r.oid, 'MEMBER') END)"""
"""Whether this connection may take the reader on, and the reader may read."""
TAKE_READER_ON = f"SELECT set_config('role', r.rolname, false) {READER.format(named='$1')} WHERE {MAY_READ}"
"""Makes a connection the reader's, for as long as it is open; where there is none, it stays as it is."""
