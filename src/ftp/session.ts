import type { Socket } from 'node:net';
import { plainAddress } from './addresses.ts';
import type { Command, Outcome } from './commands/command.ts';
import { commandOf } from './commands/table.ts';
import { ControlConnection } from './control-connection.ts';
import { DataConnection } from './data-connection.ts';
import type { PassiveChannel } from './passive-channel.ts';
import { Refused, type Reply, replies, replyOf } from './replies.ts';
import {
  type ConnectedTransfer,
  type FtpService,
  newState,
  type SessionState,
  type Visit,
} from './state.ts';
import { secured } from './tls.ts';

/** From 421 to the end of a connection that hears nothing. */
const farewellMs = 1000;

/** The transfer that is on the way. */
interface Running {
  readonly ending: AbortController;
  /** Connected, and no data connection yet. */
  socket: Socket | undefined;
  data: DataConnection | undefined;
}

/** One control connection, from the greeting to its end. Commands are done one after the other. */
export class Session {
  readonly #control: ControlConnection;
  readonly #state: SessionState;
  #running: Running | undefined;
  /** Of the last transfer; its peer may not have closed it yet. */
  #lastData: DataConnection | undefined;
  #strayLines = 0;
  #loginTimer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, service: FtpService) {
    this.#control = new ControlConnection(socket, service.settings.limits);
    this.#state = newState({
      service,
      peer: plainAddress(socket.remoteAddress),
      local: plainAddress(socket.localAddress),
      gone: this.#control.gone,
    });
    this.#control.onAbort = () => this.#endTransfer();
    this.#control.gone.addEventListener('abort', () => this.#endTransfer(), { once: true });
  }

  /** Resolves when nothing of it is left: no socket, no port, no upload. */
  async run(): Promise<void> {
    this.#loginTimer = setTimeout(
      () => this.#tooSlow(),
      this.#state.service.settings.limits.loginMs,
    );
    try {
      await this.#control.say(replies.greeting);
      while (await this.#step());
    } finally {
      clearTimeout(this.#loginTimer);
      this.#state.channel?.close();
      this.#control.destroy();
      await this.#lastData?.closed;
    }
  }

  /** Ends it with 421, after the transfer or the command that is on the way. */
  stop(): void {
    this.#control.stop(replies.stopping);
  }

  /** Ends it at once. */
  cut(): void {
    this.#control.destroy();
    this.#lastData?.cut(replies.aborted);
  }

  #endTransfer(): void {
    this.#running?.ending.abort();
    this.#running?.data?.cut(replies.aborted);
  }

  #tooSlow(): void {
    if (this.#state.visit !== undefined) return;
    this.#control.stop(replies.slowLogin);
    // A handshake or a host that does not end hears nothing.
    this.#loginTimer = setTimeout(() => this.#control.destroy(), farewellMs);
  }

  /** @returns whether there is another */
  async #step(): Promise<boolean> {
    const heard = await this.#control.hear();
    switch (heard.kind) {
      case 'gone':
        return false;
      case 'idle':
        return this.#end(replies.idle);
      case 'stopping':
        return this.#end(heard.last);
      case 'too-long':
        return this.#end(replies.lineTooLong);
      case 'broken':
        return this.#stray(replies.lineBroken);
      case 'text':
        return this.#obey(heard.text);
    }
  }

  async #end(last?: Reply): Promise<false> {
    await this.#control.end(last);
    return false;
  }

  /** Whoever speaks another protocol is not listened to for long. */
  async #stray(answer: Reply): Promise<boolean> {
    this.#strayLines += 1;
    const most = this.#state.service.settings.limits.strayLinesMax;
    if (this.#state.visit === undefined && this.#strayLines >= most) return this.#end(answer);
    await this.#control.say(answer);
    return true;
  }

  async #obey(text: string): Promise<boolean> {
    const [, word, argument = ''] = /^([A-Za-z]{3,4})(?: (.*))?$/su.exec(text) ?? [];
    const command = word === undefined ? undefined : commandOf(word.toUpperCase());
    if (command === undefined) {
      return this.#stray(word === undefined ? replies.unknown : replies.notImplemented);
    }
    const { reply, after } = await this.#outcome(command, argument);
    if (word?.toUpperCase() !== 'RNFR') this.#state.renaming = undefined;
    if (after === 'end') return this.#end(reply);
    await this.#control.say(reply);
    if (after === 'secure') await this.#secure();
    return true;
  }

  async #secure(): Promise<void> {
    const { context } = this.#state.service;
    if (context === undefined) return;
    this.#state.context = context;
    await this.#control.secure(context);
    this.#state.isSecure = this.#control.isSecure;
  }

  async #outcome(command: Command, argument: string): Promise<Outcome> {
    try {
      return await this.#run(command, argument);
    } catch (error) {
      const refusal = replyOf(error);
      if (refusal !== undefined) return { reply: refusal };
      this.#state.service.parts.log.error({ err: error, peer: this.#state.peer }, 'ftp: failed');
      return { reply: replies.own };
    }
  }

  async #run(command: Command, argument: string): Promise<Outcome> {
    const { visit } = this.#state;
    const wanted = argument === '' ? 'some' : 'none';
    if (command.needs !== 'nothing' && visit === undefined) return { reply: replies.loginFirst };
    if (command.argument === wanted) return { reply: replies.argument };
    if (command.needs === 'nothing') return command.run(this.#state, argument);
    if (visit === undefined) return { reply: replies.loginFirst };
    if (command.needs === 'login') {
      return { reply: await command.run(this.#state, visit, argument) };
    }
    return { reply: await this.#transfer(command, visit, argument) };
  }

  async #transfer(
    command: Extract<Command, { needs: 'data' }>,
    visit: Visit,
    argument: string,
  ): Promise<Reply> {
    const state = this.#state;
    const { channel, from } = state;
    state.channel = undefined;
    state.from = 0;
    if (channel === undefined) return replies.passiveFirst;
    const running: Running = {
      ending: new AbortController(),
      socket: undefined,
      data: undefined,
    };
    this.#running = running;
    try {
      if (state.service.settings.tls.mode === 'required' && state.protection !== 'P') {
        return replies.dataProtection;
      }
      if (this.#control.hasAbort || this.#control.gone.aborted) running.ending.abort();
      const connected = () => this.#connected(channel, running);
      return await command.run(state, { visit, from, connected }, argument);
    } catch (error) {
      running.data?.cut(replies.aborted);
      throw error;
    } finally {
      this.#running = undefined;
      channel.close();
      running.socket?.destroy();
    }
  }

  async #connected(channel: PassiveChannel, running: Running): Promise<ConnectedTransfer> {
    const { signal } = running.ending;
    const socket = await channel.take(signal);
    running.socket = socket;
    signal.addEventListener('abort', () => socket.destroy(), { once: true });
    return { begin: () => this.#begin(socket, running) };
  }

  async #begin(plain: Socket, running: Running): Promise<DataConnection> {
    const { service, protection, context } = this.#state;
    const { limits } = service.settings;
    const { signal } = running.ending;
    this.#lastData?.cut(replies.aborted);
    await this.#control.say(replies.begins);
    const socket =
      protection === 'P' && context !== undefined
        ? await secured(plain, context, limits.dataOpenMs)
        : plain;
    if (socket === undefined) throw new Refused(signal.aborted ? replies.aborted : replies.dataTls);
    const data = new DataConnection(socket, limits.dataStallMs);
    running.data = data;
    running.socket = undefined;
    this.#lastData = data;
    if (signal.aborted) data.cut(replies.aborted);
    return data;
  }
}
