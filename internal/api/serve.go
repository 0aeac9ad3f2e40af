package api

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/api/model"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/signin"
	"github.com/poolhouse/poolhouse/internal/store"
	"github.com/poolhouse/poolhouse/internal/token"
)

const (
	contentType = "application/x-amz-json-1.1"
	maxBody     = 1 << 20 // bytes; the largest input is a logo in base64

	requestIDHeader = "X-Amzn-Requestid"
)

// API answers the calls of AWS's clients.
type API struct {
	DB       *store.DB
	Accounts *account.Accounts
	Signin   *signin.Signin
	Tokens   *token.Tokens
	Setup    *setup.Setup
	Imports  *account.Imports

	Account string // twelve digits, in ARNs
	Region  string // that operators sign for
	Host    string // of the own host: where a custom domain is to lead
	Secure  bool   // the own host is reached by https, whoever ends the TLS
	ListKey []byte // authenticates the tokens by which lists go on

	// Operators finds who owns an access key; found is false where nobody does.
	Operators func(ctx context.Context, accessKeyID string) (o Operator, found bool, err error)
	// AnyKey takes operator calls signed with any key and for any region whatever,
	// unchecked, but none that a page on another machine makes: for demo and
	// --dev, which listen to this machine only.
	AnyKey bool
	// Admits counts a call of the source at remoteAddr, and a second time where it
	// costs a password hash or a mail; false refuses it.
	Admits func(remoteAddr string, costly bool) bool
	Log    *slog.Logger
	Now    func() time.Time

	model    *model.Model
	messages map[string]string
	offered  map[string]operation
}

// errTooMany refuses a source that calls too often.
var errTooMany = &pool.Error{Kind: pool.TooManyRequests}

// call is what a handler knows beside the body.
type call struct {
	Operation string
	RequestID string
	Operator  Operator // who signed; zero for client and token calls
	From      pool.Device
}

// Handler builds the door: it answers POST and OPTIONS of "/" on the server's
// own host. It is called once, when all fields are set; a broken model or an
// operation that is not the model's is a fault of the program and panics.
func (a *API) Handler() http.Handler { return a.handler(a.operations()) }

func (a *API) handler(offered map[string]operation) http.Handler {
	m, err := model.Load()
	if err != nil {
		panic(err)
	}
	for name, op := range offered {
		if err := op.fits(m.Operations[name]); err != nil {
			panic(err)
		}
	}
	a.model, a.messages, a.offered = m, messages(), offered
	return http.HandlerFunc(a.serve)
}

func (a *API) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	c := &call{RequestID: pool.NewUUID(), From: pool.NewDevice(r.RemoteAddr, r.UserAgent())}
	h.Set(requestIDHeader, c.RequestID)
	h.Set("X-Content-Type-Options", "nosniff")
	if a.Secure || r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" { // the server drops it from all but trusted proxies
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
	allowOrigins(h, r)
	switch r.Method {
	case http.MethodOptions:
		w.WriteHeader(http.StatusOK)
		return
	case http.MethodPost:
	default:
		h.Set("Allow", "POST, OPTIONS")
		fail(w, &wireError{http.StatusMethodNotAllowed, "UnknownOperationException", ""})
		return
	}
	body, err := a.answer(w, r, c)
	if err != nil {
		wire, known := a.translate(err)
		if !known {
			a.logFault(r.Context(), c, err)
			wire.name = a.faultName(c.Operation)
		}
		fail(w, wire)
		return
	}
	h.Set("Content-Type", contentType)
	w.Write(body)
}

// faultName is how an operation declares a fault of ours.
func (a *API) faultName(operation string) string {
	const newer = "InternalServerException"
	if known := a.model.Operations[operation]; known != nil && slices.Contains(known.Errors, newer) {
		return newer
	}
	return "InternalErrorException"
}

// allowOrigins opens the API to scripts of every origin, as Cognito's is: no
// call is authorized by anything that a browser adds by itself.
func allowOrigins(h http.Header, r *http.Request) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date")
	if r.Method != http.MethodOptions {
		return
	}
	h.Set("Access-Control-Allow-Methods", http.MethodPost)
	h.Set("Access-Control-Allow-Headers", strings.Join(r.Header.Values("Access-Control-Request-Headers"), ","))
	h.Set("Access-Control-Max-Age", "172800")
}

// answer runs one call; an answer without a body is nil.
func (a *API) answer(w http.ResponseWriter, r *http.Request, c *call) ([]byte, error) {
	if !a.Admits(r.RemoteAddr, false) {
		return nil, errTooMany
	}
	known, op, err := a.target(r)
	if err != nil {
		return nil, err
	}
	c.Operation = known.Name
	body, err := readBody(w, r)
	if err != nil {
		return nil, err
	}
	ctx := pool.Caller{From: c.From, Door: pool.DoorAPI}.In(r.Context())
	if op.auth == byOperator {
		if c.Operator, err = a.operator(r, body); err != nil {
			return nil, a.denied(ctx, c, "", err)
		}
		ctx = pool.Caller{From: c.From, Door: pool.DoorAPI, Operator: c.Operator.Name}.In(ctx)
	}
	in, err := known.Input.Read(body)
	if err != nil {
		return nil, err
	}
	if op.auth == byOperator {
		if err := c.Operator.authorize(known.Name, in); err != nil {
			return nil, a.denied(ctx, c, poolOf(in), err)
		}
	}
	if op.costs(in) && !a.Admits(r.RemoteAddr, true) {
		return nil, errTooMany
	}
	if text := known.Input.Check(in); text != "" {
		return nil, refuse("InvalidParameterException", text)
	}
	out, err := a.noted(ctx, c, op, in)
	if err != nil || out == nil {
		return nil, err
	}
	return encode(out)
}

// readBody reads at most maxBody. A body that breaks off is as little a fault
// of ours as one that is no JSON.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, large
	}
	if err != nil {
		return nil, &model.SerializationError{}
	}
	return body, nil
}

// target finds the operation that X-Amz-Target names.
func (a *API) target(r *http.Request) (*model.Operation, operation, error) {
	prefix, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	known := a.model.Operations[name]
	if prefix != a.model.TargetPrefix || known == nil || len(r.Header.Values("X-Amz-Target")) > 1 {
		return nil, operation{}, refuse("UnknownOperationException", "")
	}
	op, offered := a.offered[name]
	if !offered {
		return nil, operation{}, refuse("UnsupportedOperationException", "The operation "+name+" is not supported by this server.")
	}
	return known, op, nil
}

// fail writes an error as AWS's clients read it: the name both in the body and
// in a header, which some look at first.
func fail(w http.ResponseWriter, e *wireError) {
	type said struct {
		Type    string `json:"__type"`
		Message string `json:"message,omitempty"`
		Coral   string `json:"Message,omitempty"` // as the framework under AWS's services writes it
	}
	fields := said{Type: e.name, Message: e.message}
	if e.name == "SerializationException" {
		fields = said{Type: e.name, Coral: e.message}
	}
	body, err := encode(fields)
	if err != nil {
		body = []byte(`{"__type":"InternalErrorException"}`) // strings cannot fail to encode
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("X-Amzn-Errortype", e.name+":")
	if e.message != "" && len(e.message) <= 1024 && !strings.ContainsFunc(e.message, notPrintable) {
		h.Set("X-Amzn-Errormessage", e.message)
	}
	w.WriteHeader(e.status)
	w.Write(body)
}

func notPrintable(r rune) bool { return r < ' ' || r > '~' }

// logFault notes an error that nobody outside may read. A client that went away
// is no fault.
func (a *API) logFault(ctx context.Context, c *call, err error) {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return
	}
	a.Log.LogAttrs(ctx, slog.LevelError, "internal error", slog.String("operation", c.Operation), slog.String("error", err.Error()), slog.String("id", c.RequestID))
}
