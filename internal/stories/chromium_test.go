package stories_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

// window is a real browser with a person in front of it.
type window struct {
	t   *testing.T
	ctx context.Context
}

// openWindow starts a Chromium of its own, which ends with the test.
func openWindow(t *testing.T) *window {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(housetest.Chromium(t)), chromedp.WindowSize(1280, 900))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's sandbox refuses root
	}
	ctx, done := context.WithTimeout(context.Background(), 3*time.Minute)
	ctx, closeBrowser := chromedp.NewExecAllocator(ctx, options...)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Logf("closing the browser: %v", err)
		}
		closeTab()
		closeBrowser()
		done()
	})
	w := &window{t: t, ctx: ctx}
	w.do("coming to the front", command(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}))
	w.scheme("light")
	return w
}

// command is a command of the DevTools protocol whose answer is empty.
func command[P any](c cdp.Command[P, cdp.Empty], params P) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, c, params)
		return chromedp.Void{}, err
	}
}

func (w *window) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	if err := chromedp.Do(w.ctx, steps...); err != nil {
		w.t.Fatalf("%s: %v", what, err)
	}
}

// lands does steps that leave the page, and waits for the one they lead to.
func (w *window) lands(what string, steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	if _, err := chromedp.RunResponse(w.ctx, steps...); err != nil {
		w.t.Fatalf("%s: %v", what, err)
	}
}

func (w *window) open(url string) { w.t.Helper(); w.lands("opening "+url, chromedp.Navigate(url)) }

// press clicks what the selector finds and waits for the page that it leads to.
func (w *window) press(selector string) {
	w.t.Helper()
	w.lands("pressing "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// clicks is a click that stays on the page.
func clicks(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(chromedp.CSS(selector))
}

// fill types text into the field with the id, in place of what it held.
func (w *window) fill(id, text string) {
	w.t.Helper()
	w.do("filling "+id, chromedp.Clear(chromedp.ID(id)), chromedp.SendKeys(chromedp.ID(id), text))
}

// types types without saying where: the keys go to what has the focus.
func (w *window) types(keys string) { w.t.Helper(); w.do("typing", chromedp.KeyEvent(keys)) }

// enter presses the Enter key and waits for the page that it leads to.
func (w *window) enter() { w.t.Helper(); w.lands("pressing Enter", chromedp.KeyEvent(kb.Enter)) }

// eval asks the page.
func eval[T any](w *window, expression string) T {
	w.t.Helper()
	out, err := chromedp.Run(w.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		w.t.Fatalf("asking the page for %.80s: %v", expression, err)
	}
	return out
}

func (w *window) text(selector string) string {
	w.t.Helper()
	return eval[string](w, `document.querySelector("`+selector+`")?.innerText ?? ""`)
}

// shows fails the test unless the page reads so.
func (w *window) shows(text string) {
	w.t.Helper()
	if body := w.text("body"); !strings.Contains(body, text) {
		w.t.Fatalf("%s does not show %q:\n%s", w.at(), text, body)
	}
}

func (w *window) at() string { w.t.Helper(); return eval[string](w, `location.href`) }

// focused is the id of the element that has the focus. A page that has just
// been loaded gives it when it is drawn for the first time.
func (w *window) focused() string {
	w.t.Helper()
	return eval[string](w, `new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))
		.then(() => document.activeElement?.id ?? "")`)
}

// phone makes the window a phone's.
func (w *window) phone() {
	w.t.Helper()
	w.do("becoming a phone", chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2)))
}

// desktop makes the window a desktop's.
func (w *window) desktop() {
	w.t.Helper()
	w.do("becoming a desktop", chromedp.EmulateViewport(1280, 900))
}

// narrow makes the window as narrow as a page must still work at (WCAG 2.2, 1.4.10).
func (w *window) narrow() {
	w.t.Helper()
	w.do("becoming narrow", chromedp.EmulateViewport(320, 640))
}

// scheme is "light" or "dark". Motion is off, so that colours are the final ones.
func (w *window) scheme(name string) {
	w.t.Helper()
	w.do("choosing colours", command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}}))
}

// picture keeps a picture of the page if POOLHOUSE_PICTURES names a folder.
func (w *window) picture(name string) {
	w.t.Helper()
	folder := os.Getenv("POOLHOUSE_PICTURES")
	if folder == "" {
		return
	}
	image, err := chromedp.Run(w.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), image, 0o600)
	}
	if err != nil {
		w.t.Errorf("keeping a picture: %v", err)
	}
}
