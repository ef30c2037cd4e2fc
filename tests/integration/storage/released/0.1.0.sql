BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE document (
	account_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	id TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	revision BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	body BLOB NOT NULL, 
	CONSTRAINT pk_document PRIMARY KEY (account_id, kind, id), 
	CONSTRAINT ck_document_revision CHECK (revision >= 1)
);
INSERT INTO "document" VALUES('111111111111','guardrail','abcdefghijkl','',2,0,X'7B226E616D65223A2264C3A96D6F227D');
INSERT INTO "document" VALUES('222222222222','access-key','one','AKIAEXAMPLE',1,1099511627776,X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F');
CREATE TABLE generation (
	id INTEGER NOT NULL, 
	value BIGINT NOT NULL, 
	CONSTRAINT pk_generation PRIMARY KEY (id), 
	CONSTRAINT ck_generation_single CHECK (id = 1)
);
INSERT INTO "generation" VALUES(1,2);
CREATE TABLE log (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	size BIGINT NOT NULL, 
	CONSTRAINT pk_log PRIMARY KEY (id), 
	CONSTRAINT uq_log_name UNIQUE (name), 
	CONSTRAINT ck_log_size CHECK (size >= 0)
);
INSERT INTO "log" VALUES(1,'audit',3);
CREATE TABLE log_entry (
	log_id INTEGER NOT NULL, 
	position BIGINT NOT NULL, 
	account_id TEXT NOT NULL, 
	recorded_at BIGINT NOT NULL, 
	leaf BLOB NOT NULL, 
	erasable BLOB NOT NULL, 
	CONSTRAINT pk_log_entry PRIMARY KEY (log_id, position), 
	CONSTRAINT fk_log_entry_log FOREIGN KEY(log_id) REFERENCES log (id), 
	CONSTRAINT ck_log_entry_position CHECK (position >= 0)
);
INSERT INTO "log_entry" VALUES(1,0,'111111111111',1767225600000,X'7B226C656166223A307D',X'6572617361626C65');
INSERT INTO "log_entry" VALUES(1,1,'111111111111',1767225600000,X'7B226C656166223A317D',X'');
INSERT INTO "log_entry" VALUES(1,2,'111111111111',1767225600000,X'7B226C656166223A327D',X'6572617361626C65');
CREATE UNIQUE INDEX document_key ON document (kind, "key") WHERE key <> '';
CREATE INDEX document_expiry ON document (expires_at) WHERE expires_at > 0;
CREATE INDEX log_entry_account ON log_entry (account_id, log_id, position);
COMMIT;
