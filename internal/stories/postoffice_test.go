package stories_test

import (
	"io"
	"log"
	"net"
	"net/mail"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// parcel is one message as the mail server got it.
type parcel struct{ from, to, id, date, subject, text, author, reply string }

// code is the code in the text.
func (p parcel) code() string { return regexp.MustCompile(`\d{6}`).FindString(p.text) }

// postOffice is a mail server on this machine whose mood a test decides.
type postOffice struct {
	url string // for --mail

	mu      sync.Mutex
	mood    mood
	seen    []parcel      // everything that came whole, also what was not acknowledged
	release chan struct{} // closed when what dawdles may go on
}

// mood is what the post office does with a delivery.
type mood string

const (
	takes   mood = "takes"
	isAway  mood = "is away" // the connection ends before a greeting
	forgets mood = "forgets" // takes the message, and the connection ends before it says so
	isBusy  mood = "is busy" // 451, try later
	refuses mood = "refuses" // 550, never
	dawdles mood = "dawdles" // takes the next message and says nothing until it is released; then takes
)

func openPostOffice(t *testing.T) *postOffice {
	t.Helper()
	o := &postOffice{mood: takes, release: make(chan struct{})}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		if o.feels() == isAway {
			c.Conn().Close()
		}
		return &counter{office: o, conn: c}, nil
	}))
	server.Domain, server.ErrorLog = "mail.example.com", log.New(io.Discard, "", 0)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	o.url = "smtp://" + listener.Addr().String() + "?from=Pool+<pool@example.com>&tls=none"
	return o
}

func (o *postOffice) feels() mood {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.mood
}

func (o *postOffice) turns(m mood) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.mood = m
}

// counter serves one connection.
type counter struct {
	office *postOffice
	conn   *smtp.Conn
	now    parcel
}

func (c *counter) Mail(from string, _ *smtp.MailOptions) error {
	c.now = parcel{from: from}
	return nil
}

func (c *counter) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.now.to = to
	switch c.office.feels() {
	case refuses:
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	case isBusy:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "greylisted, try later"}
	}
	return nil
}

func (c *counter) Data(r io.Reader) error {
	message, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(message.Body)
	if err != nil {
		return err
	}
	h := message.Header
	c.now.id, c.now.date, c.now.subject, c.now.text = h.Get("Message-Id"), h.Get("Date"), h.Get("Subject"), string(text)
	c.now.author, c.now.reply = h.Get("From"), h.Get("Reply-To")
	o := c.office
	o.mu.Lock()
	o.seen = append(o.seen, c.now)
	mood := o.mood
	if mood == dawdles {
		o.mood = takes
	}
	o.mu.Unlock()
	switch mood {
	case forgets:
		c.conn.Conn().Close()
	case dawdles:
		<-o.release
	}
	return nil
}

func (c *counter) Reset() {}

func (c *counter) Logout() error { return nil }

// goesOn releases the message that was kept waiting.
func (o *postOffice) goesOn() { close(o.release) }

// got is what came for the address so far.
func (o *postOffice) got(address string) []parcel {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []parcel
	for _, p := range o.seen {
		if strings.EqualFold(p.to, address) {
			out = append(out, p)
		}
	}
	return out
}

// waits until n messages came for the address.
func (o *postOffice) waits(t *testing.T, address string, n int) []parcel {
	t.Helper()
	var got []parcel
	eventually(t, "mail to "+address, func() bool { got = o.got(address); return len(got) >= n })
	return got
}

// eventually waits for what happens beside the test.
func eventually(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: it does not happen", what)
		}
	}
}
