package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/poolhouse/poolhouse/internal/api/model"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/sigv4"
)

// Operator is who signs a call, and what they may do.
type Operator struct {
	ARN    string            // names them in a refusal
	Name   pool.OperatorName // and in the audit trail
	Secret pool.Secret       // the secret access key
	// May says whether they may make a call that only reads, or one that
	// changes something, in a pool; poolID is "" for calls that name none. A
	// nil May allows everything.
	May func(reads bool, poolID string) bool
}

// operator checks the signature of a call (AWS Signature Version 4).
func (a *API) operator(r *http.Request, body []byte) (Operator, error) {
	scope := sigv4.Scope{Service: "cognito-idp", Region: a.Region, Headers: []string{"x-amz-target"}}
	if a.AnyKey {
		scope.Region = ""
	}
	signature, err := sigv4.Parse(r, scope)
	if err != nil {
		return Operator{}, err
	}
	if a.AnyKey {
		return Operator{ARN: signature.AccessKeyID, Name: pool.OperatorName{Key: signature.AccessKeyID}}, a.fromHere(r)
	}
	if signature.SessionToken != "" { // ours are long-lived keys without one
		return Operator{}, sigv4.ErrUnknownKey()
	}
	o, found, err := a.Operators(r.Context(), signature.AccessKeyID)
	if err != nil {
		return Operator{}, fmt.Errorf("api: looking for an operator: %w", err)
	}
	if !found {
		return Operator{}, sigv4.ErrUnknownKey()
	}
	return o, signature.Verify(r, body, o.Secret.Reveal(), a.Now())
}

// fromHere refuses what a page from elsewhere sends. Where any key will do a
// signature proves nothing, and every page that a browser on this machine shows
// could make one. Nor does the origin, where somebody's DNS has pointed the name
// of their own page at this machine: to the browser this is the same host.
func (a *API) fromHere(r *http.Request) error {
	if !pool.IsOurName(a.Host, r.Host) {
		return refuse("AccessDeniedException", "Operator calls are taken under this server's own name only.")
	}
	for _, origin := range r.Header.Values("Origin") {
		u, err := url.Parse(origin)
		if err != nil || origin != u.Scheme+"://"+u.Host || !loopback(u.Hostname()) { // an origin has neither user nor path (RFC 6454 §6.2)
			return refuse("AccessDeniedException", "Operator calls are not taken from pages of other hosts.")
		}
	}
	return nil
}

func loopback(host string) bool {
	host = strings.ToLower(host)
	return pool.IsLoopback(host) || strings.HasSuffix(host, ".localhost")
}

// authorize asks what the key may do. It comes before the model's check, as
// with AWS: who may not call learns nothing from the answer.
func (o Operator) authorize(operation string, in model.Object) error {
	poolID := poolOf(in)
	if o.May == nil || o.May(reads(operation), poolID) {
		return nil
	}
	return refuse("AccessDeniedException", fmt.Sprintf("User: %s is not authorized to perform: cognito-idp:%s because no identity-based policy allows the cognito-idp:%s action",
		o.ARN, operation, operation))
}

// poolOf is the pool that a call names, "" where it names none.
func poolOf(in model.Object) string {
	poolID, _ := in["UserPoolId"].(string)
	if arn, ok := in["ResourceArn"].(string); ok { // the operations on tags name no other
		_, poolID, _ = strings.Cut(arn, ":userpool/")
	}
	return poolID
}

// reads says whether an operator's operation changes nothing, by its name.
func reads(operation string) bool {
	for _, verb := range []string{"Get", "List", "Describe"} {
		if strings.HasPrefix(strings.TrimPrefix(operation, "Admin"), verb) {
			return true
		}
	}
	return false
}
