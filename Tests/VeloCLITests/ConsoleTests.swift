import Synchronization
import Testing
import VeloCLI
import VeloSystem

@Suite("Console")
struct ConsoleTests {
    private final class Screen: Sendable {
        let text = Mutex("")
        func write(_ piece: String, _ stream: Terminal.Stream) {
            text.withLock { $0 += stream == .output ? "<\(piece)>" : piece }
        }
        var all: String { text.withLock { $0 } }
    }

    private static let hide = "\u{1b}[?25l"
    private static let show = "\u{1b}[?25h"

    @Test("talk goes to the error stream and data to the output")
    func streams() {
        let screen = Screen()
        let console = Console(sink: screen.write)
        console.data("data")
        console.talk("talk")
        #expect(screen.all == "<data\n>talk\n")
    }

    @Test("the live region steps aside for a line, and comes back below it")
    func liveRegion() {
        let screen = Screen()
        let console = Console(sink: screen.write)
        console.show(live: "one\ntwo")
        console.talk("line")
        console.show(live: "")
        #expect(
            screen.all == "\(Self.hide)one\ntwo\n" + "\u{1b}[2A\r\u{1b}[J\(Self.show)" + "line\n"
                + "\(Self.hide)one\ntwo\n"
                + "\u{1b}[2A\r\u{1b}[J\(Self.show)")
    }

    @Test("what has not changed is not drawn again")
    func unchanged() {
        let screen = Screen()
        let console = Console(sink: screen.write)
        console.show(live: "one")
        console.show(live: "one")
        #expect(screen.all == "\(Self.hide)one\n")
    }

    @Test("quiet keeps warnings and data, verbose adds detail")
    func verbosity() {
        for (verbosity, expected) in [
            (Console.Verbosity.quiet, "<data\n>warning: w\n"), (.normal, "<data\n>talk\nwarning: w\n"),
            (.verbose, "<data\n>talk\ndetail\nwarning: w\n"),
        ] {
            let screen = Screen()
            let console = Console(verbosity: verbosity, sink: screen.write)
            console.data("data")
            console.talk("talk")
            console.detail("detail")
            console.warn("w")
            #expect(screen.all == expected)
        }
    }
}
