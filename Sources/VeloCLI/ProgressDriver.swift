import Synchronization
package import VeloCore

/// Feeds a display with events and puts what it says on the console, ten times a second at most.
package final class ProgressDriver: Sendable {
    private let console: Console
    private let width: @Sendable () -> Int
    private let display: Mutex<ProgressDisplay>
    private let began = ContinuousClock.now

    package init(_ style: ProgressDisplay.Style, on console: Console, width: @escaping @Sendable () -> Int) {
        self.console = console
        self.width = width
        display = Mutex(ProgressDisplay(style: style))
    }

    /// Takes an event, from any task.
    package func take(_ event: InstallEvent) {
        let now = began.duration(to: .now)
        let lines = display.withLock { $0.take(event, at: now) }
        for line in lines { console.talk(line) }
        if case .build(.log(let line)) = event { console.detail("  \(TerminalText.harmless(line.text))") }
    }

    /// Runs `body` with the live region below its lines. The region is gone, and the cursor back, however it ends.
    package func run<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        let ticker = Task { [self] in
            while !Task.isCancelled {
                redraw()
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
        do {
            let result = try await body()
            await stop(ticker)
            return result
        } catch {
            await stop(ticker)
            throw error
        }
    }

    private func stop(_ ticker: Task<Void, Never>) async {
        ticker.cancel()
        await ticker.value
        console.show(live: "")
    }

    private func redraw() {
        let now = began.duration(to: .now)
        console.show(live: display.withLock { $0.draw(width: width(), at: now) })
    }
}
