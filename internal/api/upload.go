package api

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/pool"
)

// UploadPattern is where the files of user import jobs are put, and
// [API.UploadHandler] answers.
const UploadPattern = "PUT /imports/{pool}/{job}"

const (
	uploadPause = 30 * time.Second // that a body may take until its next piece
	uploadLife  = time.Hour        // that it may take as a whole
)

// uploadRefusals are the errors of an upload as Amazon S3 has them: a job's
// PreSignedUrl leads there on AWS.
func uploadRefusals() map[error]s3Error {
	return map[error]s3Error{
		account.ErrUploadSignature: {http.StatusForbidden, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided."},
		account.ErrUploadExpired:   {http.StatusForbidden, "AccessDenied", "Request has expired"},
		account.ErrUploadClosed:    {http.StatusForbidden, "AccessDenied", "The import job takes no file any more."},
		account.ErrUploadReplaced:  {http.StatusConflict, "OperationAborted", "Another upload for the import job has begun."},
		account.ErrUploadLarge:     {http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size of 100 MB."},
		account.ErrUploadShort:     {http.StatusBadRequest, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header."},
		account.ErrUploadForm:      {http.StatusBadRequest, "InvalidArgument", "The file is compressed, or is UTF-16. It must be UTF-8 text."},
		errNoLength:                {http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header."},
		errEncoded:                 {http.StatusNotImplemented, "NotImplemented", "A Content-Encoding is not supported: upload the file as it is."},
		errBrokenOff:               {http.StatusBadRequest, "RequestTimeout", "Your socket connection to the server was not read from or written to within the timeout period."},
	}
}

var (
	errNoLength  = errors.New("an upload has no length")
	errEncoded   = errors.New("an upload is encoded")
	errBrokenOff = errors.New("an upload broke off")
)

// s3Error is an error response of Amazon S3.
type s3Error struct {
	status        int
	Code, Message string
}

// UploadHandler answers PUT of [UploadPattern] on the server's own host. Nobody is
// asked who they are: the address is signed.
func (a *API) UploadHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := pool.NewUUID()
		h := w.Header()
		h.Set("X-Amz-Request-Id", id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		if err := a.upload(w, r); err != nil {
			a.failUpload(w, r, err)
		}
	})
}

func (a *API) upload(w http.ResponseWriter, r *http.Request) error {
	switch encoding := r.Header.Get("Content-Encoding"); {
	case encoding != "" && encoding != "identity":
		return errEncoded
	case r.ContentLength < 0:
		return errNoLength
	}
	return a.Imports.Upload(r.Context(), account.Upload{
		UserPoolID: r.PathValue("pool"), JobID: r.PathValue("job"), Query: r.URL.Query(), Size: r.ContentLength,
		Body: &pacedBody{r: r.Body, w: http.NewResponseController(w), ends: time.Now().Add(uploadLife)},
	})
}

// pacedBody is a body that may take longer than others, as long as it goes on.
type pacedBody struct {
	r    io.Reader
	w    *http.ResponseController
	ends time.Time
}

func (b *pacedBody) Read(p []byte) (int, error) {
	until := time.Now().Add(uploadPause)
	if b.ends.Before(until) {
		until = b.ends
	}
	// Where there is no connection, as in tests of handlers, there is no deadline.
	if err := errors.Join(b.w.SetReadDeadline(until), b.w.SetWriteDeadline(until.Add(uploadPause))); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	n, err := b.r.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%w: %w", errBrokenOff, err)
	}
	return n, err
}

func (a *API) failUpload(w http.ResponseWriter, r *http.Request, err error) {
	said := s3Error{http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again."}
	known := false
	for kind, refusal := range uploadRefusals() {
		if errors.Is(err, kind) {
			said, known = refusal, true
		}
	}
	id := w.Header().Get("X-Amz-Request-Id")
	if !known && !errors.Is(err, context.Canceled) {
		a.Log.LogAttrs(r.Context(), slog.LevelError, "internal error", slog.String("operation", "upload"), slog.String("error", err.Error()), slog.String("id", id))
	}
	body, err := xml.Marshal(struct {
		XMLName       xml.Name `xml:"Error"`
		Code, Message string
		RequestID     string `xml:"RequestId"`
	}{Code: said.Code, Message: said.Message, RequestID: id})
	if err != nil {
		body = nil // strings cannot fail to encode
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(said.status)
	io.WriteString(w, xml.Header)
	w.Write(body)
}
