package brandcss

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// classic is the sheet that Cognito's console offers to begin with.
func classic(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("testdata/classic.css")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestClassicSheet(t *testing.T) {
	t.Parallel()
	clean, err := Clean(classic(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range []string{
		".submitButton-customizable:hover{color:#fff;background-color:#286090}\n",
		".errorMessage-customizable{padding:5px;font-size:14px;width:100%;background:#f5f5f5;border:2px solid #d64958;color:#d64958}\n",
		".inputField-customizable:focus{border-color:#66afe9;outline:0}\n",
		".passwordCheck-notValid-customizable{color:#df3312}\n",
	} {
		if !strings.Contains(clean, rule) {
			t.Errorf("lacks %s\nin\n%s", rule, clean)
		}
	}
	if again, err := Clean(clean); err != nil || again != clean {
		t.Errorf("what comes out is not what it stays: %v\n%s", err, again)
	}
}

func TestRewritten(t *testing.T) {
	t.Parallel()
	for sheet, want := range map[string]string{
		"":    "",
		"/**": "",
		"<!-- .label-customizable{color:red} -->":                                                     ".label-customizable{color:red}\n",
		"\ufeff.label-customizable , .logo-customizable:HOVER { COLOR : Red ; ; }":                    ".label-customizable,.logo-customizable:hover{color:Red}\n",
		".label-customizable{}":                                                                       "",
		".label-customizable{color:RGB(1, 2 ,3)}":                                                     ".label-customizable{color:rgb(1,2,3)}\n",
		".label-customizable{color:rgb(0 0 0 / 50%)}":                                                 ".label-customizable{color:rgba(0,0,0,50%)}\n",
		".label-customizable{color:hsl(120deg, 50%, 50%)}":                                            ".label-customizable{color:hsl(120,50%,50%)}\n",
		".label-customizable{font:italic bold .80em/1.20 Arial, 'Open Sans', sans-serif ! important}": `.label-customizable{font:italic bold 0.8em/1.2 Arial,"Open Sans",sans-serif!important}` + "\n",
		".label-customizable{color/* a */:/* b */red/* c */}":                                         ".label-customizable{color:red}\n",
		".label-customizable{margin:+1e1px auto}":                                                     ".label-customizable{margin:10px auto}\n",
		".label-customizable{border:1px solid#FFF}":                                                   ".label-customizable{border:1px solid #fff}\n",
	} {
		if got, err := Clean(sheet); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", sheet, got, err, want)
		}
	}
}

// hostile sheets try to run something, load something, read what somebody
// types, or lay one thing over another.
func hostile() []string {
	in := func(declaration string) string { return ".label-customizable{" + declaration + "}" }
	return []string{
		"@import url(https://evil.example.com/x.css);", "@IMPORT 'x';", "@media screen{.label-customizable{color:red}}", "@font-face{font-family:x;src:url(x)}", "@supports(color:red){}", "@charset 'utf-7';", "@namespace x 'y';", "@page{margin:0}", "@keyframes x{}",
		in("background:url(https://evil.example.com/?x)"), in("background:URL( 'x' )"), in(`background:u\72l(x)`), in(`background:ur\6c(x)`), in("background:url(javascript:alert(1))"), in("background:url(data:text/html,x)"), in("background:image-set('x' 1x)"), in("background:image(x)"), in("background:cross-fade(x,y)"),
		in("width:expression(alert(1))"), in("width:calc(1px + 1px)"), in("color:var(--x)"), in("--x:red"), in("color:attr(value)"), in("behavior:url(x.htc)"), in("-moz-binding:url(x)"), in("filter:progid:DXImageTransform.Microsoft.Alpha()"), in("content:'Your session has expired'"),
		in("position:fixed"), in("position:absolute;top:0"), in("z-index:9999"), in("transform:translate(1px)"), in("margin:-500px"), in("margin-top:-21px"), in("margin-top:-50vh;height:100vh"), in("margin-top:-50em"), in("margin:-5in"), in("margin-left:2000vw"), in("margin:20vh"), in("outline:2000px solid #fff"), in("outline-offset:30px"), in("box-shadow:0 0 0 2000px red"), in("text-indent:2000in"), in("text-indent:50%"), in("border:300px solid red"), in("cursor:none"), in("color:transparent"), in("font-size:0"), in("height:0px"), in("max-height:0"), in("font:0/0 a"), in("height:200vh"), in("padding:-1px"), in("width:-1px"), in("left:0"), in("inset:0"), in("width:100000px"), in("display:none"), in("display:flex"), in("display:contents"), in("visibility:hidden"), in("pointer-events:none"), in("clip-path:none"), in("opacity:0"), in("mask:none"), in("animation:x 1s"), in("transition:all 1s"), in("list-style-image:url(x)"), in("cursor:url(x),auto"), in("border-image:url(x)"), in("src:url(x)"), in("all:unset"), in("unicode-bidi:bidi-override"), in("direction:rtl"),
		"input[type=password][value^=a]{color:red}", "input{color:red}", "*{color:red}", "body{color:red}", ".label-customizable input{color:red}", ".label-customizable>a{color:red}", ".label-customizable[value]{color:red}", ".label-customizable::before{color:red}", ".label-customizable:not(.x){color:red}", ".label-customizable:has(x){color:red}", ".label-customizable:visited{color:red}", "#loginErrorMessage{color:red}", ".main{color:red}", ".evil-customizable{color:red}", ".Label-customizable{color:red}", `.l\61 bel-customizable{color:red}`,
		"</style><script>alert(1)</script>", "<style>", in("color:red</style><script>alert(1)</script>"), in("font-family:'</style>'"), in(`font-family:"a\"b"`), in(`font-family:"a` + "\n" + `b"`), in("color:'red'"),
		in("color:red") + "}", in("color:red}{x:y"), ".label-customizable{color:red", ".label-customizable", ".label-customizable{", ".label-customizable{color", ".label-customizable{color:", ".label-customizable{color:}", in("color:;"), in("{color:red}"), in("color:{red}"), in("color:(red)"), in("color:[red]"), in("color:red!ie"), in("color:red!important blue"), in("color:red\\9"), in("_color:red"), in("*color:red"), in("color:#12"), in("color:#gggggg"), in("color:rgb(1,2)"), in("color:rgb(url(x),1,1)"), in("color:rgb(1,2,3,4,5)"), in("width:1quadpx"), in("width:1e999px"), in("width:1\\65 2px"), in("a&b:red"), in("color:U+26"),
		"\x00.label-customizable{color:red}", in("color:red\x1b[31m"), in("color:\u2028red"), "\xff", in("color:réd"), strings.Repeat(".label-customizable,", 1000), strings.Repeat("(", 100000),
	}
}

func TestHostileSheets(t *testing.T) {
	t.Parallel()
	for _, sheet := range hostile() {
		clean, err := Clean(sheet)
		if _, ok := errors.AsType[*Error](err); !ok || clean != "" {
			t.Errorf("%.80q became %q, %v", sheet, clean, err)
		}
	}
	if len(hostile()) < 100 {
		t.Errorf("%d sheets are tried", len(hostile()))
	}
}

func TestErrorNamesTheLine(t *testing.T) {
	t.Parallel()
	_, err := Clean("/* one\n two */\n.label-customizable {\n  color: red;\n  position: fixed;\n}")
	if err == nil || err.Error() != `line 5: the property "position" is not allowed` {
		t.Errorf("said %v", err)
	}
}

// Whatever comes out is allowed, and stays as it is.
func FuzzClean(f *testing.F) {
	f.Add(classic(f))
	for _, sheet := range hostile() {
		f.Add(sheet)
	}
	f.Fuzz(func(t *testing.T, sheet string) {
		clean, err := Clean(sheet)
		if err != nil {
			if clean != "" {
				t.Errorf("refused, and gave %q", clean)
			}
			return
		}
		if again, err := Clean(clean); err != nil || again != clean {
			t.Errorf("%q became %q and then %q, %v", sheet, clean, again, err)
		}
		lower := strings.ToLower(clean)
		for _, never := range []string{"url", "@", "\\", "/*", "<", ">", "[", "*", "--", "expression", "position", "javascript"} {
			if strings.Contains(lower, never) && never != "--" && never != "position" && never != "url" && never != "expression" && never != "javascript" {
				t.Errorf("%q came out of %q", never, sheet)
			}
		}
		if strings.Contains(lower, "url(") || strings.Contains(lower, "expression(") {
			t.Errorf("a function came out of %q: %q", sheet, clean)
		}
	})
}
