package setup

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/poolhouse/poolhouse/internal/cloudformation"
	"github.com/poolhouse/poolhouse/internal/manifest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// Template is a CloudFormation template, read for one stack: the document that
// it comes to, and what it says beside it.
type Template struct {
	Document Document
	Notices  []error // what is not made here and harms nothing

	compiled *cloudformation.Compiled
}

// Output is one output of a template.
type Output struct{ Name, Value string }

// ReadTemplate reads a template, in YAML or JSON. The error is all that is wrong
// with it, and that is not supported, each with its line.
func ReadTemplate(text []byte, s cloudformation.Stack) (*Template, error) {
	if !cloudformation.ValidStackName(s.Name) {
		return nil, fmt.Errorf("the stack's name %q is not a letter followed by letters, digits and hyphens", s.Name)
	}
	compiled, err := cloudformation.Compile(text, s)
	if compiled == nil {
		return nil, err
	}
	t := &Template{compiled: compiled, Notices: compiled.Notices.Unwrap()}
	problems, _ := errors.AsType[cloudformation.Problems](err)
	said := reading{t, problems}
	if err := said.document(); err != nil {
		return nil, err
	}
	t.withoutTexts()
	said.rules()
	if len(said.problems) > 0 {
		slices.SortStableFunc(said.problems, func(a, b cloudformation.Problem) int { return cmp.Compare(a.Line, b.Line) })
		return t, said.problems
	}
	return t, nil
}

// reading collects what is wrong with a template, each place once.
type reading struct {
	*Template
	problems cloudformation.Problems
}

// document reads the document that the template came to. What its reader refuses
// is taken out, and the rest is read: all is said at once.
func (r *reading) document() error {
	for tries := 0; ; tries++ {
		doc, err := json.Marshal(r.compiled.Document)
		if err != nil {
			return fmt.Errorf("setup: a template's document: %w", err)
		}
		r.Document = Document{}
		err = manifest.Read(doc, &r.Document)
		if err == nil || tries == maxWrong {
			return nil
		}
		member, ok := errors.AsType[*manifest.Error](err)
		if !ok || member.Member == "" {
			return err
		}
		path := strings.Split(member.Member, ".")
		if errors.Is(err, pool.ErrNotYet) && slices.Contains(aboutTexts(), path[len(path)-1]) {
			r.Notices = append(r.Notices, r.at(member.Member, noTexts))
		} else {
			r.say(member.Member, unsupported(member.Err))
		}
		without(r.compiled.Document, path)
	}
}

// say adds what is wrong with a member, unless something at that place is known
// to be wrong already.
func (r *reading) say(member, reason string) {
	p := r.at(member, reason)
	for _, other := range r.problems {
		if within(other.Path, p.Path) || within(p.Path, other.Path) {
			return
		}
	}
	r.problems = append(r.problems, p)
}

func within(path, outer string) bool { return path == outer || strings.HasPrefix(path, outer+".") }

// rules holds the entries against those rules that need no ledger.
func (r *reading) rules() {
	pools := map[string]pool.Pool{}
	for i, e := range r.Document.UserPools {
		pools[e.ID] = pool.Pool{ID: e.ID, Settings: e.Settings}
		_, err := e.factors()
		r.refused("UserPools", i, errors.Join(e.Check(), err))
	}
	for i, e := range r.Document.ResourceServers {
		r.refused("ResourceServers", i, e.Check())
	}
	for i, e := range r.Document.UserPoolDomains {
		r.refused("UserPoolDomains", i, e.Check())
	}
	for i, e := range r.Document.Groups {
		r.refused("Groups", i, e.group().Check())
	}
	for i, e := range r.Document.UICustomizations {
		_, _, err := e.clean(0)
		r.refused("UICustomizations", i, err)
	}
	for i, e := range r.Document.UserPoolClients {
		c := pool.Client{UserPoolID: e.UserPoolID, ID: e.ID, ClientSettings: e.ClientSettings}
		if e.GenerateSecret {
			c.Secret = pool.NewClientSecret()
		}
		if owner, here := pools[e.UserPoolID]; here {
			r.refused("UserPoolClients", i, c.Check(owner, r.Document.ResourceServers...))
		}
	}
}

func (r *reading) refused(list string, i int, err error) {
	for _, reason := range pool.Refusals(err) {
		r.say(Refusal{list, i, reason}.where())
	}
}

// maxWrong bounds what is said of one template.
const maxWrong = 200

// unsupported words what the reader of documents says of a property that
// CloudFormation has.
func unsupported(err error) string {
	if errors.Is(err, manifest.ErrNoMember) || errors.Is(err, pool.ErrNotYet) {
		return "is not supported yet"
	}
	return err.Error()
}

// at leads to where a member of the document stands in the template.
func (t *Template) at(member, reason string) cloudformation.Problem {
	line, path := t.compiled.Place(member)
	return cloudformation.Problem{Line: line, Path: path, Reason: reason}
}

// without takes a member out of a document; an item of a list gives way to null,
// so that the others keep their places. What is not there takes what is above
// it along.
func without(in any, path []string) bool {
	switch v := in.(type) {
	case map[string]any:
		inner, there := v[path[0]]
		if there && (len(path) == 1 || !without(inner, path[1:])) {
			delete(v, path[0])
		}
		return there
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil || i < 0 || i >= len(v) {
			return false
		}
		if len(path) == 1 || !without(v[i], path[1:]) {
			v[i] = nil
		}
		return true
	}
	return false
}

// Explain leads each refusal of Apply to where it stands in the template.
func (t *Template) Explain(err error) error {
	refused, ok := errors.AsType[Refused](err)
	if !ok {
		return err
	}
	all := make([]error, len(refused))
	for i, r := range refused {
		all[i] = t.at(r.where())
	}
	return errors.Join(all...)
}

// Outputs fills the outputs of an applied template. After a dry run there may
// not be a secret yet.
func (s *Setup) Outputs(ctx context.Context, t *Template) ([]Output, error) {
	var out []Output
	for _, o := range t.compiled.Outputs {
		var value strings.Builder
		for _, part := range o.Parts {
			words, err := s.part(ctx, part)
			if err != nil {
				return nil, err
			}
			value.WriteString(words)
		}
		out = append(out, Output{o.Name, value.String()})
	}
	return out, nil
}

func (s *Setup) part(ctx context.Context, part cloudformation.Part) (string, error) {
	if part.ClientID == "" {
		return part.Text, nil
	}
	app, err := s.DB.App(ctx, part.ClientID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return "(not made yet)", nil
	case err != nil:
		return "", err
	case app.Client.Public():
		return "", fmt.Errorf("an output asks for the secret of app client %s, which has none: say GenerateSecret", part.ClientID)
	}
	return app.Client.Secret.Reveal(), nil
}
