import SystemPackage
import Testing
import VeloBuild
import VeloSystem

@testable import VeloFarm

@Suite("Log text")
struct LogTextTests {
    @Test(
        "escape sequences go, what else is invisible is spelled out",
        arguments: [
            ("plain text, tab\tand ünïcode", "plain text, tab\tand ünïcode"),
            ("\u{1B}[31;1merror:\u{1B}[0m no", "error: no"),
            ("\u{1B}]0;a title\u{07}after", "after"),
            ("\u{1B}]8;;https://example.org\u{1B}\\link\u{1B}]8;;\u{1B}\\", "link"),
            ("\u{1B}Pq#0;2\u{1B}\\sixel", "sixel"),
            ("\u{9B}31mred", "red"),
            ("\u{1B}(Bset", "set"),
            ("\u{1B}", ""),
            ("\u{1B}[", ""),
            ("\u{1B}]never ends", ""),
            ("bell\u{07}", "bell\\u{7}"),
            ("nul\u{0}", "nul\\u{0}"),
            ("a\u{202E}b", "a\\u{202E}b"),
            ("line\u{2028}end", "line\\u{2028}end"),
            ("10%\r50%\r100%", "100%"),
            ("windows\r\n", "windows"),
            ("", ""),
        ])
    func sanitizes(_ line: String, _ expected: String) {
        #expect(LogText.sanitize(line) == expected)
    }

    @Test("a long line is cut")
    func cuts() {
        let text = LogText.sanitize(String(repeating: "x", count: 100_000))
        #expect(text.count == LogText.lineLimit + 1)
        #expect(text.hasSuffix("…"))
    }

    @Test("nothing that a terminal would act on is left of any byte")
    func leavesNothing() {
        for first in UInt8.min...UInt8.max {
            for second: UInt8 in [0x1B, 0x5B, 0x5D, 0x0D, 0x9B, 0x41] {
                let text = LogText.sanitize(String(decoding: [first, second, 0x33, 0x31, 0x6D, first], as: UTF8.self))
                #expect(
                    text.unicodeScalars.allSatisfy {
                        $0 == "\t" || ($0.value >= 0x20 && !(0x7F...0x9F).contains($0.value))
                    })
            }
        }
    }

    @Test("a log is read in whole lines, from where the reader is, while it grows")
    func tails() throws {
        let scratch = try Scratch()
        let file = scratch.path.appending("1.log")
        var tail = LogTail(file: file)
        #expect(try tail.next() == [])
        let log = try BuildLog(job: 1, file: file, feed: BuildFeed())
        log.append("one")
        log.append("\u{1B}[1mtwo\u{1B}[0m")
        #expect(try tail.next() == ["one", "two"])
        #expect(try tail.next() == [])
        log.append("")
        log.append("three")
        #expect(try tail.next() == ["", "three"])
        var second = LogTail(file: file, offset: 4)
        #expect(try second.next() == ["two", "", "three"])
        #expect(log.lastLines == ["one", "two", "", "three"])
    }

    @Test("a second attempt goes on in the same log")
    func continues() throws {
        let scratch = try Scratch()
        let file = scratch.path.appending("1.log")
        try BuildLog(job: 1, file: file, feed: BuildFeed()).append("first")
        try BuildLog(job: 1, file: file, feed: BuildFeed()).append("second")
        #expect(try FileTree.readText(file) == "first\nsecond\n")
    }
}
