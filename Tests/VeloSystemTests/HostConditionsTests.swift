import SystemPackage
import Testing
import VeloSystem
import VeloTestSupport

@Suite("Host conditions")
struct HostConditionsTests {
    /// A machine made of files.
    func conditions(_ files: [String: String]) async throws -> HostConditions {
        var result = HostConditions()
        try await Scratch.with("conditions") { scratch in
            for (path, text) in files {
                let file = scratch.path.pushing(FilePath(path))
                try FileTree.makeFolder(file.removingLastComponent())
                try FileTree.write(Array(text.utf8), to: file)
            }
            result = HostConditions.current(root: scratch.path)
        }
        return result
    }

    static let route = """
        Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
        eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
        eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0

        """

    @Test("a laptop away from its charger is on battery, and at it is not; the mouse's battery does not count")
    func battery() async throws {
        let battery = ["type": "Battery", "status": "Discharging"]
        var files = Dictionary(uniqueKeysWithValues: battery.map { ("sys/class/power_supply/BAT0/\($0)", $1 + "\n") })
        #expect(try await conditions(files).isOnBattery == true)
        files["sys/class/power_supply/AC/type"] = "Mains\n"
        files["sys/class/power_supply/AC/online"] = "0\n"
        #expect(try await conditions(files).isOnBattery == true)
        files["sys/class/power_supply/AC/online"] = "1\n"
        #expect(try await conditions(files).isOnBattery == false)
        files = [
            "sys/class/power_supply/mouse/type": "Battery\n", "sys/class/power_supply/mouse/scope": "Device\n",
            "sys/class/power_supply/mouse/status": "Discharging\n",
        ]
        #expect(try await conditions(files).isOnBattery == nil)
    }

    @Test("memory, its pressure and the link are read as the kernel writes them")
    func facts() async throws {
        let facts = try await conditions([
            "proc/meminfo": "MemTotal:       24000000 kB\nMemAvailable:    2097152 kB\n",
            "proc/pressure/memory": "some avg10=12.50 avg60=1.00 avg300=0.00 total=1\nfull avg10=0.00\n",
            "proc/net/route": Self.route,
            "sys/class/net/eth0/speed": "10\n",
            "sys/class/net/eth0/device/vendor": "x\n",
            "sys/class/net/eth0/uevent": "INTERFACE=eth0\n",
        ])
        #expect(
            facts
                == HostConditions(
                    availableMemory: 2 << 30, memoryPressure: 12.5, interface: "eth0", link: .wired, linkSpeed: 10))
        let phone = try await conditions([
            "proc/net/route": Self.route.replacing("eth0", with: "wwan0"),
            "sys/class/net/wwan0/uevent": "DEVTYPE=wwan\n", "sys/class/net/wwan0/speed": "-1\n",
        ])
        #expect(phone.link == .mobile && phone.linkSpeed == nil)
    }

    @Test("what cannot be read is not known, and nothing fails")
    func nothing() async throws {
        #expect(try await conditions([:]) == HostConditions())
    }
}
