// Package console is the operators' door. Today it has one room: the mailbox of
// demo and --dev, which shows what was sent so that nobody needs a mail server
// to try things. It shows everybody's codes, so it answers on the own host
// alone, and only when the Host header says so. Start reading at
// [Mailbox.Handler].
package console
