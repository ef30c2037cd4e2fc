-- Every statement of the storage. Both databases run the same text; statements.py turns `:name` into what the driver calls a parameter.
-- Each begins with its name and a sentence. A literal '' or 0 stays a literal: partial indexes are chosen by it.

-- get: the document under its identifiers, unless it has expired
SELECT account_id, kind, id, body, revision, key, expires_at
FROM document
WHERE account_id = :account_id AND kind = :kind AND id = :id AND (expires_at = 0 OR expires_at > :now)

-- find: the document with a unique key, in whichever account
SELECT account_id, kind, id, body, revision, key, expires_at
FROM document
WHERE kind = :kind AND key = :key AND key <> '' AND (expires_at = 0 OR expires_at > :now)

-- list: documents of an account in id order, after an id and from a prefix on
SELECT account_id, kind, id, body, revision, key, expires_at
FROM document
WHERE account_id = :account_id AND kind = :kind AND id > :after AND id >= :prefix AND (expires_at = 0 OR expires_at > :now)
ORDER BY id
LIMIT :count

-- list_below: the same, up to the first id that no longer starts with the prefix
SELECT account_id, kind, id, body, revision, key, expires_at
FROM document
WHERE account_id = :account_id AND kind = :kind AND id > :after AND id >= :prefix AND id < :beyond AND (expires_at = 0 OR expires_at > :now)
ORDER BY id
LIMIT :count

-- insert_document: create a document unless its identifiers or its key are taken
INSERT INTO document (account_id, kind, id, key, revision, expires_at, body)
VALUES (:account_id, :kind, :id, :key, 1, :expires_at, :body)
ON CONFLICT DO NOTHING

-- clear_expired_id: remove an expired document that stands in the way of a new one by its identifiers
DELETE FROM document
WHERE account_id = :account_id AND kind = :kind AND id = :id AND expires_at > 0 AND expires_at <= :now

-- clear_expired_key: remove an expired document that stands in the way of a new one by its key
DELETE FROM document
WHERE kind = :kind AND key = :key AND key <> '' AND expires_at > 0 AND expires_at <= :now

-- replace_document: compare the revision and swap the rest
UPDATE document
SET body = :body, key = :key, expires_at = :expires_at, revision = revision + 1
WHERE account_id = :account_id AND kind = :kind AND id = :id AND revision = :revision AND (expires_at = 0 OR expires_at > :now)

-- delete_document: remove a document of any revision
DELETE FROM document
WHERE account_id = :account_id AND kind = :kind AND id = :id

-- delete_revision: remove a document of one revision
DELETE FROM document
WHERE account_id = :account_id AND kind = :kind AND id = :id AND revision = :revision

-- sweep: remove a bounded number of expired documents
DELETE FROM document
WHERE (account_id, kind, id) IN (
    SELECT account_id, kind, id FROM document WHERE expires_at > 0 AND expires_at <= :now ORDER BY expires_at LIMIT 1000
)

-- bump_generation: count one more document change; in PostgreSQL the row lock also puts document writers in a queue, so they cannot deadlock
UPDATE generation SET value = value + 1 RETURNING value

-- read_generation: how many document changes were committed
SELECT value FROM generation

-- extend_log: make room for entries at the end of a log; the row lock is held until the commit, so indexes have no gaps
UPDATE log SET size = size + :count WHERE name = :log RETURNING id, size

-- create_log: start a log unless it is there
INSERT INTO log (id, name, size)
SELECT coalesce(max(id), 0) + 1, :log, 0 FROM log WHERE true
ON CONFLICT DO NOTHING

-- log_size: the number of committed entries
SELECT size FROM log WHERE name = :log

-- shred: overwrite the erasable part of an entry
UPDATE log_entry SET erasable = :nothing
WHERE log_id = (SELECT id FROM log WHERE name = :log) AND position = :position

-- entries: a page of a log, oldest first
SELECT position, leaf, erasable, account_id, recorded_at
FROM log_entry
WHERE log_id = (SELECT id FROM log WHERE name = :log) AND position >= :low AND position < :high
ORDER BY position
LIMIT :count

-- entries_newest_first: a page of a log, newest first
SELECT position, leaf, erasable, account_id, recorded_at
FROM log_entry
WHERE log_id = (SELECT id FROM log WHERE name = :log) AND position >= :low AND position < :high
ORDER BY position DESC
LIMIT :count

-- account_entries: a page of one account's entries, oldest first
SELECT position, leaf, erasable, account_id, recorded_at
FROM log_entry
WHERE account_id = :account_id AND log_id = (SELECT id FROM log WHERE name = :log) AND position >= :low AND position < :high
ORDER BY position
LIMIT :count

-- account_entries_newest_first: a page of one account's entries, newest first
SELECT position, leaf, erasable, account_id, recorded_at
FROM log_entry
WHERE account_id = :account_id AND log_id = (SELECT id FROM log WHERE name = :log) AND position >= :low AND position < :high
ORDER BY position DESC
LIMIT :count
