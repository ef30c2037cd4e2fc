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

-- start_seal: give a log its row for the tree over it, unless it has one
INSERT INTO log_seal (log_id, size, first, holder, fence, expires_at)
SELECT id, 0, 0, '', 0, 0 FROM log WHERE name = :log
ON CONFLICT DO NOTHING

-- take_lease: become the one who seals a log, unless another one's time is not over; each taking has a number of its own
UPDATE log_seal SET holder = :holder, fence = fence + 1, expires_at = :until
WHERE log_id = (SELECT id FROM log WHERE name = :log) AND (expires_at <= :now OR holder = :holder)
RETURNING fence

-- give_lease_back: let the next one take it at once
UPDATE log_seal SET expires_at = 0
WHERE log_id = (SELECT id FROM log WHERE name = :log) AND holder = :holder AND fence = :fence

-- advance_seal: the tree grows from the size that its sealer knows, under the number that its sealer was given, over entries that are there
UPDATE log_seal SET size = :size, expires_at = :until
WHERE log_id = (SELECT id FROM log WHERE name = :log AND size >= :size) AND size = :old_size AND holder = :holder AND fence = :fence

-- put_tile: a tile only ever grows
INSERT INTO log_tile (log_id, level, position, data)
SELECT id, :level, :position, :data FROM log WHERE name = :log
ON CONFLICT (log_id, level, position) DO UPDATE SET data = excluded.data WHERE length(log_tile.data) < length(excluded.data)

-- put_checkpoint: there is one per size, for ever
INSERT INTO log_checkpoint (log_id, size, sealed_at, kept, note)
SELECT id, :size, :sealed_at, :kept, :note FROM log WHERE name = :log
ON CONFLICT DO NOTHING

-- thin_checkpoints: forget the checkpoint before the newest if it was made in the same hour and nobody asked to keep it
DELETE FROM log_checkpoint
WHERE log_id = (SELECT id FROM log WHERE name = :log) AND size = :old_size AND kept = 0 AND sealed_at >= :hour

-- keep_checkpoint: put a checkpoint's note with more signatures in the place of the one that was read
UPDATE log_checkpoint SET note = :note, kept = 1
WHERE log_id = (SELECT id FROM log WHERE name = :log) AND size = :size AND note = :old_note

-- advance_first: the log's first entry that is still here, under the number that its sealer was given
UPDATE log_seal SET first = :end
WHERE log_id = (SELECT id FROM log WHERE name = :log) AND first < :end AND size >= :end AND holder = :holder AND fence = :fence

-- remove_entries: the entries that were frozen
DELETE FROM log_entry WHERE log_id = (SELECT id FROM log WHERE name = :log) AND position < :end

-- remove_tiles: the level-0 tiles that were frozen
DELETE FROM log_tile WHERE log_id = (SELECT id FROM log WHERE name = :log) AND level = 0 AND position < :end

-- tree_head: how far a log was sealed, by whom, and how long it is
SELECT log.size, log_seal.size, log_seal.first, log_seal.holder, log_seal.fence, log_seal.expires_at, log_checkpoint.note
FROM log LEFT JOIN log_seal ON log_seal.log_id = log.id
LEFT JOIN log_checkpoint ON log_checkpoint.log_id = log.id AND log_checkpoint.size = log_seal.size
WHERE log.name = :log

-- tile: one tile
SELECT data FROM log_tile
WHERE log_id = (SELECT id FROM log WHERE name = :log) AND level = :level AND position = :position

-- tiles: a page of the tiles of a level
SELECT position, data FROM log_tile
WHERE log_id = (SELECT id FROM log WHERE name = :log) AND level = :level AND position >= :low AND position < :high
ORDER BY position
LIMIT :count

-- leaves: a page of a log, the leaves alone
SELECT leaf FROM log_entry
WHERE log_id = (SELECT id FROM log WHERE name = :log) AND position >= :low AND position < :high
ORDER BY position

-- checkpoints: a page of the checkpoints that are kept, smallest first
SELECT size, sealed_at, note FROM log_checkpoint
WHERE log_id = (SELECT id FROM log WHERE name = :log) AND size > :after
ORDER BY size
LIMIT :count
