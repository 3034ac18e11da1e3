# SPDX-License-Identifier: Apache-2.0
# Loads a Homebrew formula without Homebrew: each word that a formula may use is
# noted, an unknown one is an error. Then runs its test block with real programs
# and prints what was noted as JSON.
#
#   ruby formula.rb FORMULA.rb BIN_DIR ETC_DIR
require "json"
require "open3"
require "pathname"

PREFIX = Pathname("/usr/local") # of Homebrew on an Intel Mac, as in docs/settings.md
$noted = { "depends_on" => [], "service" => {} }

module Places
  def opt_bin = PREFIX/"opt/goxel-daemon/bin"
  def etc = PREFIX/"etc"
  def var = PREFIX/"var"
end

class Service
  include Places
  def run(words) = note("run", words.map(&:to_s))
  def keep_alive(rule) = note("keep_alive", rule)
  def process_type(type) = note("process_type", type)
  def working_dir(dir) = note("working_dir", dir)
  def environment_variables(variables) = note("environment_variables", variables.transform_values(&:to_s))

  private def note(name, value) = $noted["service"][name] = value
end

class Livecheck
  def url(place) = place == :head || raise("url: #{place}")
  def strategy(name) = name == :git || raise("strategy: #{name}")
  def regex(pattern) = "v1.2.3".match?(pattern) || raise("the regex finds no version")
end

class Formula
  include Places

  class << self
    %w[desc license].each { |word| define_method(word) { |text| $noted[word] = text } }
    def head(place, using:, branch:) = $noted["head"] = [place, using, branch]
    def depends_on(what) = $noted["depends_on"] << (what.is_a?(Hash) ? what.keys.first : what)
    def uses_from_macos(what) = $noted["depends_on"] << what
    def livecheck(&block) = Livecheck.new.instance_eval(&block)
    def service(&block) = Service.new.instance_eval(&block)
    def test(&block) = define_method(:run_test, &block)
    def inherited(formula) = $formula = formula
  end
end

# What a test block has.
module Testing
  def bin = Pathname(ARGV[1])
  def etc = Pathname(ARGV[2])

  def pipe_output(command, input, status)
    out, ended = Open3.capture2(command, stdin_data: input)
    raise "#{command}: #{ended}" unless ended.exitstatus == status
    out
  end

  def shell_output(command) = pipe_output(command, "", 0)

  def assert_match(expected, actual)
    raise "#{actual.inspect} has no #{expected.inspect}" unless actual.include?(expected)
    $noted["assertions"] = $noted.fetch("assertions", 0) + 1
  end
end

load ARGV[0]
formula = $formula.new
%i[install post_install caveats run_test].each { |name| raise "no #{name}" unless formula.respond_to?(name) }
raise "caveats" unless formula.caveats.include?("#{PREFIX}/var/run/goxel/goxel-daemon.sock")
formula.extend(Testing).run_test
puts JSON.generate($noted)
