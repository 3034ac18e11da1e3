# SPDX-License-Identifier: Apache-2.0
# The formula of goxel-daemon for Homebrew. config/README.md, "Homebrew", tells
# how to use it and what was not tried. There is no published release, so it has
# no url and sha256: the source is a clone that an environment variable names.
class GoxelDaemon < Formula
  desc "Voxel editor without a window, served over JSON-RPC"
  license "Apache-2.0"
  head ENV.fetch("HOMEBREW_GOXEL_DAEMON_SOURCE", "file:///unset/HOMEBREW_GOXEL_DAEMON_SOURCE"),
       using: :git, branch: "main"

  livecheck do
    url :head
    strategy :git
    regex(/^v?(\d+(?:\.\d+)+)$/i)
  end

  depends_on "cmake" => :build
  depends_on "ninja" => :build
  depends_on "pkgconf" => :build
  depends_on "jansson"
  depends_on "libdeflate"
  depends_on "libmd"
  depends_on "libmicrohttpd"
  depends_on "libseccomp"
  depends_on "libspng"
  depends_on "libuv"
  # macOS: src/platform is not complete there (docs/architecture.md), and the
  # build says so. Without this line, libseccomp belongs into on_linux.
  depends_on :linux
  depends_on "mujs"
  depends_on "readline"

  uses_from_macos "sqlite"
  uses_from_macos "zlib"

  def install
    system "cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DGOX_TESTS=OFF", *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
    # One that was edited stays, the new one gets ".default" behind its name.
    (etc/"goxel").install "config/daemon_config.json"
  end

  def post_install
    # The projects are nobody else's business.
    (var/"lib/goxel").mkpath
    (var/"lib/goxel").chmod 0700
    (var/"run/goxel").mkpath
    (var/"log/goxel").mkpath
  end

  def caveats
    <<~EOS
      The daemon listens at #{var}/run/goxel/goxel-daemon.sock:
        export GOXEL_SOCKET_PATH=#{var}/run/goxel/goxel-daemon.sock
        goxelctl health
      Settings: #{etc}/goxel/daemon_config.json
    EOS
  end

  # As config/launchd has it, but for one user and without socket activation:
  # brew's sockets are TCP or UDP. launchd itself waits ten seconds between starts.
  service do
    run [opt_bin/"goxel-daemon", "--config", etc/"goxel/daemon_config.json"]
    keep_alive successful_exit: false
    process_type :adaptive
    working_dir "/"
    environment_variables GOXEL_SOCKET_PATH:    var/"run/goxel/goxel-daemon.sock",
                          GOXEL_PATHS_DATA_DIR: var/"lib/goxel",
                          GOXEL_LOG_FILE:       var/"log/goxel/goxel-daemon.log"
  end

  test do
    request = '{"jsonrpc":"2.0","id":1,"method":"goxel.add_voxel","params":[1,2,3,"#ff8000"]}'
    assert_match '"result"', pipe_output("#{bin}/goxel-daemon --stdio", "#{request}\n", 0)
    assert_match "goxelctl", shell_output("#{bin}/goxelctl --version")
    assert_match "is valid", shell_output("#{bin}/goxelctl config check #{etc}/goxel/daemon_config.json")
  end
end
