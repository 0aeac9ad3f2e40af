package api

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/poolhouse/poolhouse/internal/manifest"
	"github.com/poolhouse/poolhouse/internal/pool"
)

// fromRequest reads a request as the settings that it holds: settings have
// Cognito's own member names everywhere. Members named in without are not among
// them. One that has no effect here is refused by its name, so that nobody
// believes in a setting that nothing keeps.
func fromRequest(request, settings any, without ...string) error {
	var members map[string]json.RawMessage
	if err := convert(request, &members); err != nil {
		return err
	}
	for _, name := range without {
		delete(members, name)
	}
	doc, err := json.Marshal(members)
	if err != nil {
		return fmt.Errorf("api: reading %T: %w", request, err)
	}
	err = manifest.Read(doc, settings)
	if wrong, ok := errors.AsType[*manifest.Error](err); ok && (errors.Is(err, pool.ErrNotYet) || errors.Is(err, manifest.ErrNoMember)) {
		return &pool.Error{Kind: pool.InvalidParameter, Reason: "setting", Field: wrong.Member, Args: map[string]string{"detail": pool.ErrNotYet.Error()}}
	}
	return err
}

// convert copies members from one struct to another by their names.
func convert(from, to any) error {
	doc, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(doc, to)
	}
	if err != nil {
		return fmt.Errorf("api: turning %T into %T: %w", from, to, err)
	}
	return nil
}

// orDefault fills a member that is not set with what Cognito shows then.
func orDefault[T comparable](member *T, value T) {
	var unset T
	if *member == unset {
		*member = value
	}
}
