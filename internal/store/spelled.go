package store

import (
	"io"
	"io/fs"
	"strings"
)

// spelled is the migrations as one database reads them: {{text}} is its type of
// text columns.
type spelled struct {
	fs.FS
	dialect dialect
}

// Open opens one migration, or the folder of all.
func (s spelled) Open(name string) (fs.File, error) {
	file, err := s.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return file, err
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	return script{file, strings.NewReader(strings.ReplaceAll(string(text), "{{text}}", s.dialect.text))}, nil
}

// script is a file with another text.
type script struct {
	fs.File
	text *strings.Reader
}

// Read reads the text.
func (s script) Read(b []byte) (int, error) { return s.text.Read(b) }
