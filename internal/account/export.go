package account

import (
	"context"
	"io"

	"github.com/poolhouse/poolhouse/internal/archive"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// exportPage is how many users are read at a time.
const exportPage = 250

// Export writes the users of a pool to a file, page by page, and says how many.
// Without a passphrase their passwords stay behind. Each is as it was at one
// moment; who comes, goes or changes meanwhile is in it as before or as after.
func (a *Accounts) Export(ctx context.Context, p pool.Pool, out io.Writer, secret archive.Passphrase) (int64, error) {
	header := usersFile
	header.Source = p.ID
	w, err := archive.NewWriter(out, header, secret)
	if err != nil {
		return 0, err
	}
	everybody, err := pool.ParseUserFilter("")
	if err != nil {
		return 0, err
	}
	for page := (store.UserPage{Filter: everybody, Limit: exportPage}); ; {
		users, next, err := a.DB.Users.List(ctx, p.ID, page)
		if err != nil {
			return 0, err
		}
		if err := a.exportPage(ctx, w, users, secret.Text == nil); err != nil {
			return 0, err
		}
		if page.After = next; next == "" {
			return w.Count(), w.Close()
		}
	}
}

func (a *Accounts) exportPage(ctx context.Context, w *archive.Writer, users []pool.User, bare bool) error {
	groups, err := a.groupsOf(ctx, a.DB, users)
	if err != nil {
		return err
	}
	for _, u := range users {
		if bare {
			u = u.WithoutPassword()
		}
		t := travelling(u, groups[u.Sub])
		if t.Password, err = sealPassword(w, u); err != nil {
			return err
		}
		if err := w.Line(t); err != nil {
			return err
		}
	}
	return nil
}

// groupsOf names the groups of those who were ever put in one, by their subs.
func (a *Accounts) groupsOf(ctx context.Context, db *store.DB, users []pool.User) (map[string][]string, error) {
	var subs []string
	for _, u := range users {
		if u.Grouped {
			subs = append(subs, u.Sub)
		}
	}
	if len(subs) == 0 {
		return nil, nil
	}
	return db.Members.NamesOf(ctx, users[0].UserPoolID, subs)
}
