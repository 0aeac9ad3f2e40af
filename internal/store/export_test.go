package store

// NamesQuery is the question for a user's names, for the same.
const NamesQuery = namesQuery

// Statement is the question for a page, for tests of how it is answered.
func (page UserPage) Statement(poolID string) (query string, bound []any) {
	return page.statement(poolID)
}
