import Testing
import VeloCore

@Suite("Placeholders in text")
struct PlaceholderRewriterTests {
    private let brew = "/home/linuxbrew/.linuxbrew"

    private func sealed(_ text: String, _ target: RelocationTarget? = nil) -> String? {
        PlaceholderRewriter(target ?? RelocationTarget(prefix: brew)).withPlaceholders(Array(text.utf8))
            .map { String(decoding: $0, as: UTF8.self) }
    }

    private func poured(_ text: String, _ target: RelocationTarget) -> String? {
        PlaceholderRewriter(target).withPlaces(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(
        "the deeper place wins",
        arguments: [
            ("prefix=/home/linuxbrew/.linuxbrew", "prefix=@@HOMEBREW_PREFIX@@"),
            ("/home/linuxbrew/.linuxbrew/Cellar/x/1.0/bin", "@@HOMEBREW_CELLAR@@/x/1.0/bin"),
            ("/home/linuxbrew/.linuxbrew/Homebrew/bin", "@@HOMEBREW_REPOSITORY@@/bin"),
            ("/home/linuxbrew/.linuxbrew/Homebrew/Library/Taps", "@@HOMEBREW_LIBRARY@@/Taps"),
            ("/home/linuxbrew/.linuxbrewery", "@@HOMEBREW_PREFIX@@ery"),
            (
                "a:/home/linuxbrew/.linuxbrew/a:/home/linuxbrew/.linuxbrew/b",
                "a:@@HOMEBREW_PREFIX@@/a:@@HOMEBREW_PREFIX@@/b"
            ),
        ])
    func sealsPlaces(text: String, expected: String) {
        #expect(sealed(text) == expected)
    }

    @Test(
        "a path that begins in the middle of a word is none, but for compiler flags",
        arguments: [
            ("x/home/linuxbrew/.linuxbrew", nil), ("9/home/linuxbrew/.linuxbrew", nil),
            ("-X/home/linuxbrew/.linuxbrew", nil),
            ("-I/home/linuxbrew/.linuxbrew/include", "-I@@HOMEBREW_PREFIX@@/include"),
            ("-isystem/home/linuxbrew/.linuxbrew/include", "-isystem@@HOMEBREW_PREFIX@@/include"),
            ("-L/home/linuxbrew/.linuxbrew", "-L@@HOMEBREW_PREFIX@@"),
            ("_/home/linuxbrew/.linuxbrew", "_@@HOMEBREW_PREFIX@@"),
        ] as [(String, String?)])
    func respectsBoundary(text: String, expected: String?) {
        #expect(sealed(text) == expected)
    }

    @Test(
        "Perl is named in the first line only",
        arguments: [
            ("#!/usr/bin/perl5.36 -w\n/usr/bin/perl5.36\n", "#!@@HOMEBREW_PERL@@ -w\n/usr/bin/perl5.36\n"),
            ("#! /home/linuxbrew/.linuxbrew/opt/perl/bin/perl\n", "#! @@HOMEBREW_PERL@@\n"),
            ("#!/usr/bin/perl\n", nil), ("#!/usr/bin/perl5.36x\n", nil), ("\n#!/usr/bin/perl5.36\n", nil),
        ] as [(String, String?)])
    func sealsPerl(text: String, expected: String?) {
        #expect(sealed(text) == expected)
    }

    @Test("Java is named where the keg depends on it")
    func sealsJava() {
        let text = "JAVA_HOME=/home/linuxbrew/.linuxbrew/opt/openjdk@17.0/libexec/openjdk.jdk/Contents/Home/bin"
        #expect(
            sealed(text, RelocationTarget(prefix: brew, openJDK: "openjdk@17")) == "JAVA_HOME=@@HOMEBREW_JAVA@@/bin")
        #expect(sealed(text)?.hasPrefix("JAVA_HOME=@@HOMEBREW_PREFIX@@/opt/openjdk@17.0") == true)
        #expect(
            sealed("/home/linuxbrew/.linuxbrew/opt/openjdk", RelocationTarget(prefix: brew, openJDK: "openjdk"))
                == "@@HOMEBREW_PREFIX@@/opt/openjdk")
    }

    @Test("a prefix that is Homebrew's repository too has no placeholder for that")
    func leavesOutRepository() {
        var target = RelocationTarget(prefix: "/opt/homebrew")
        target.repository = "/opt/homebrew"
        #expect(sealed("/opt/homebrew/bin", target) == "@@HOMEBREW_PREFIX@@/bin")
    }

    @Test("every placeholder becomes its place; Java only where there is one")
    func poursPlaces() {
        let text = Placeholder.allCases.map(\.text).joined(separator: " ") + " @@HOMEBREW_OTHER@@"
        let expected =
            "/v /v/Cellar /v/Homebrew /v/Homebrew/Library /v/opt/perl/bin/perl /v/opt/openjdk/libexec @@HOMEBREW_OTHER@@"
        #expect(poured(text, RelocationTarget(prefix: "/v", openJDK: "openjdk")) == expected)
        #expect(poured("@@HOMEBREW_JAVA@@", RelocationTarget(prefix: "/v")) == nil)
        #expect(poured("nothing", RelocationTarget(prefix: "/v")) == nil)
    }

    @Test("text is what a person could read; documents and the formula are not rewritten")
    func classifiesText() {
        #expect(RelocatableText.isText(Array("#!/bin/sh\0\u{1}".utf8), at: "bin/archive"))
        #expect(RelocatableText.isText(Array("caf\u{e9}\n".utf8), at: "share/x"))
        #expect(RelocatableText.isText([0], at: "lib/x.la"))
        #expect(!RelocatableText.isText(Array("a\0b".utf8), at: "bin/x"))
        #expect(!RelocatableText.isText(Array("%PDF-1.4\n".utf8), at: "share/x"))
        #expect(!RelocatableText.isText([], at: "share/empty"))
        #expect(RelocatableText.isDocument("share/doc/README.md"))
        #expect(!RelocatableText.isDocument("orig-prefix.txt"))
        #expect(!RelocatableText.isDocument("share.md/x"))
        #expect(RelocatableText.isFormulaCopy(".brew/x.rb"))
    }
}
