package api

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/poolhouse/poolhouse/internal/api/model"
)

// fill puts what was read and checked into a wire struct. Going by way of the
// object and not straight from the body keeps out names in another case, which
// encoding/json would take for the same.
func fill(o model.Object, in any) error {
	body, err := json.Marshal(o)
	if err == nil {
		err = json.Unmarshal(body, in)
	}
	if err != nil {
		return fmt.Errorf("api: filling %T: %w", in, err)
	}
	return nil
}

// encode writes an answer as JSON: absent members stay absent, <, > and & are
// themselves.
func encode(out any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		return nil, fmt.Errorf("api: encoding %T: %w", out, err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
