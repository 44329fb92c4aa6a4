import Synchronization
package import VeloSystem

/// The only writer to standard output and error.
///
/// Data goes to the output, talk to the error stream. Below the talk there may be a live region, lines that change in
/// place; it is taken away before anything else is written and put back afterwards.
package final class Console: Sendable {
    package enum Verbosity: Sendable { case quiet, normal, verbose }

    /// Where text ends up; a test takes it instead of the terminal.
    package typealias Sink = @Sendable (String, Terminal.Stream) -> Void

    package let verbosity: Verbosity
    /// Of what goes to standard output, and to the error stream.
    package let outputStyle: TextStyle
    package let errorStyle: TextStyle
    private let sink: Sink
    private let live = Mutex(LiveRegion())

    private struct LiveRegion {
        var lines: [String] = []
    }

    package init(
        verbosity: Verbosity = .normal, outputStyle: TextStyle = TextStyle(isColored: false),
        errorStyle: TextStyle = TextStyle(isColored: false), sink: @escaping Sink = Terminal.write
    ) {
        self.verbosity = verbosity
        self.outputStyle = outputStyle
        self.errorStyle = errorStyle
        self.sink = sink
    }

    /// The columns of the error stream, where the live region is.
    package static func width(_ environment: EnvironmentVariables) -> Int {
        Terminal.width(.error) ?? environment[.columns].flatMap { Int($0) } ?? 80
    }

    /// A line that the user asked for.
    package func data(_ line: String) {
        live.withLock { region in
            let lines = region.lines
            erase(&region)
            sink(line + "\n", .output)
            draw(lines, &region)
        }
    }

    /// Output that has its own line ends.
    package func data(bytes: [UInt8]) {
        live.withLock { region in
            let lines = region.lines
            erase(&region)
            sink(String(decoding: bytes, as: UTF8.self), .output)
            draw(lines, &region)
        }
    }

    /// A line about what is going on; not when quiet.
    package func talk(_ line: String) {
        if verbosity != .quiet { tell(line) }
    }

    /// A line for those who asked for detail.
    package func detail(_ line: String) {
        if verbosity == .verbose { tell(errorStyle(line, .faint)) }
    }

    package func warn(_ text: String) { tell("\(errorStyle("warning:", .warning)) \(text)") }

    /// A line on the error stream, whatever the verbosity.
    package func tell(_ line: String) {
        live.withLock { region in
            let lines = region.lines
            erase(&region)
            sink(line + "\n", .error)
            draw(lines, &region)
        }
    }

    /// Shows these lines below everything else; empty text takes the region away and brings the cursor back.
    package func show(live text: String) {
        let lines = text.isEmpty ? [] : text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        live.withLock { region in
            guard lines != region.lines else { return }
            erase(&region)
            draw(lines, &region)
        }
    }

    private func erase(_ region: inout LiveRegion) {
        guard !region.lines.isEmpty else { return }
        let up = region.lines.count
        sink("\u{1b}[\(up)A\r\u{1b}[J\u{1b}[?25h", .error)
        region.lines = []
    }

    private func draw(_ lines: [String], _ region: inout LiveRegion) {
        guard !lines.isEmpty else { return }
        sink("\u{1b}[?25l" + lines.map { $0 + "\n" }.joined(), .error)
        region.lines = lines
    }
}
