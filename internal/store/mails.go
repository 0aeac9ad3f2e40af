package store

import (
	"context"
	"strings"
	"time"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// Mails are the outbox. A message is written in the transaction of what it
// tells about, and delivered by a pump afterwards.
type Mails struct{ db *DB }

// mailMemory is how long a finished message is kept.
const mailMemory = 7 * 24 * time.Hour

// Put writes a new message, due at m.DueAt (ms).
func (m Mails) Put(ctx context.Context, mail *pool.Mail) error {
	doc, err := m.db.encode(mail, "mails", []string{mail.UserPoolID, mail.ID})
	if err != nil {
		return err
	}
	expires := mail.CreatedAt
	if mail.State != pool.MailDecoy { // a decoy has done its work once it is written
		expires += mailMemory.Milliseconds()
	}
	_, err = m.db.exec(ctx, `INSERT INTO mails (pool, id, due, state, recipient, created, doc, expires) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		mail.UserPoolID, mail.ID, mail.DueAt, string(mail.State), strings.ToLower(mail.To), mail.CreatedAt, doc, expires)
	return err
}

// Claim takes at most limit messages that are due at now (ms) and makes them
// due again at lease, in case the one who took them does not come back. No
// message is given to two callers at once.
func (m Mails) Claim(ctx context.Context, now, lease int64, limit int) ([]pool.Mail, error) {
	var out []pool.Mail
	err := m.db.Tx(ctx, func(ctx context.Context, tx *DB) error {
		rows, err := tx.query(ctx, `UPDATE mails SET due = $1 WHERE (pool, id) IN
			(SELECT pool, id FROM mails WHERE state = 'waiting' AND due <= $2 ORDER BY due LIMIT $3)
			AND state = 'waiting' AND due <= $2 RETURNING pool, id, due, doc`, lease, now, limit)
		if err != nil {
			return err
		}
		var broken []pool.Mail
		if out, broken, err = tx.Mails.scan(rows); err != nil {
			return err
		}
		for _, mail := range broken { // one that cannot be read must not stop the others
			if _, err := tx.exec(ctx, `UPDATE mails SET state = 'failed' WHERE pool = $1 AND id = $2`, mail.UserPoolID, mail.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// Finish writes what became of a claimed message: its state, its attempts, and
// when it is due again.
func (m Mails) Finish(ctx context.Context, mail *pool.Mail) error {
	doc, err := m.db.encode(mail, "mails", []string{mail.UserPoolID, mail.ID})
	if err != nil {
		return err
	}
	_, err = m.db.exec(ctx, `UPDATE mails SET due = $3, state = $4, doc = $5 WHERE pool = $1 AND id = $2`,
		mail.UserPoolID, mail.ID, mail.DueAt, string(mail.State), doc)
	return err
}

// State returns how far a message got, or ErrNotFound.
func (m Mails) State(ctx context.Context, poolID, id string) (pool.MailState, error) {
	var state string
	err := m.db.queryRow(ctx, `SELECT state FROM mails WHERE pool = $1 AND id = $2`, poolID, id).Scan(&state)
	return pool.MailState(state), err
}

// Newest returns the newest limit messages of all pools, newest first; to
// picks those to one address in any case, "" all.
func (m Mails) Newest(ctx context.Context, to string, limit int) ([]pool.Mail, error) {
	rows, err := m.db.query(ctx, `SELECT pool, id, due, doc FROM mails WHERE state <> 'decoy' AND ($1 = '' OR recipient = $1) ORDER BY created DESC, id DESC LIMIT $2`, strings.ToLower(to), limit)
	if err != nil {
		return nil, err
	}
	mails, _, err := m.scan(rows)
	return mails, err
}

// Sweep removes at most limit messages that were finished long before now (ms).
// One that is still waiting stays.
func (m Mails) Sweep(ctx context.Context, now int64, limit int) (int64, error) {
	return m.db.exec(ctx, `DELETE FROM mails WHERE (pool, id) IN (SELECT pool, id FROM mails WHERE expires < $1 AND state <> 'waiting' LIMIT $2)`, now, limit)
}

// scan reads rows; those whose document does not open come back by their keys
// alone.
func (m Mails) scan(rows answer) (out, broken []pool.Mail, err error) {
	defer rows.Close()
	for rows.Next() {
		var poolID, id, doc string
		var due int64
		if err := rows.Scan(&poolID, &id, &due, &doc); err != nil {
			return nil, nil, err
		}
		var mail pool.Mail
		failed := m.db.decode(doc, &mail, "mails", []string{poolID, id})
		mail.UserPoolID, mail.ID, mail.DueAt = poolID, id, due
		if failed != nil {
			broken = append(broken, mail)
			continue
		}
		out = append(out, mail)
	}
	return out, broken, rows.Err()
}
