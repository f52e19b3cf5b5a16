import { useConvexConnectionState, useMutation, useQuery } from "convex/react";
import { ConvexError } from "convex/values";
import { useState } from "react";
import type { FormEvent } from "react";
import { api } from "../convex/_generated/api";
import type { Doc, Id } from "../convex/_generated/dataModel";
import { Conversation } from "./Conversation";
import { colorOf, useNickname } from "./people";

export function App() {
  const channels = useQuery(api.channels.list);
  const [chosen, choose] = useState<Id<"channels"> | null>(null);
  const [nickname, rename] = useNickname();
  const channel = channels?.find((one) => one._id === chosen) ?? channels?.[0];

  return (
    <div className="frame">
      <aside>
        <h1>
          <Drop /> Freshet chat
        </h1>
        <nav aria-label="Channels">
          {channels?.map((one) => (
            <ChannelLink
              key={one._id}
              channel={one}
              current={one._id === channel?._id}
              onChoose={() => choose(one._id)}
            />
          ))}
        </nav>
        <NewChannel onCreated={choose} />
        <footer>
          <span className="avatar" style={{ background: colorOf(nickname) }} aria-hidden>
            {nickname.slice(0, 1)}
          </span>
          <input
            aria-label="Your name"
            value={nickname}
            maxLength={24}
            onChange={(event) => rename(event.target.value)}
          />
          <Connection />
        </footer>
      </aside>
      <main>
        {channel ? (
          <Conversation key={channel._id} channel={channel} nickname={nickname} />
        ) : (
          <p className="hint">{channels ? "Open the first channel." : "Connecting …"}</p>
        )}
      </main>
    </div>
  );
}

function ChannelLink(props: {
  channel: Doc<"channels">;
  current: boolean;
  onChoose: () => void;
}) {
  return (
    <button
      className="channel"
      aria-current={props.current ? "page" : undefined}
      onClick={props.onChoose}
    >
      <span># {props.channel.name}</span>
      <span className="count" aria-label={`${props.channel.messageCount} messages`}>
        {props.channel.messageCount}
      </span>
    </button>
  );
}

function NewChannel(props: { onCreated: (id: Id<"channels">) => void }) {
  const create = useMutation(api.channels.create);
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<string | null>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      props.onCreated(await create({ name }));
      setName("");
      setProblem(null);
    } catch (error) {
      setProblem(explain(error));
    }
  };

  return (
    <form className="new-channel" onSubmit={submit}>
      <input
        aria-label="New channel"
        placeholder="+ new channel"
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      {problem && <p role="alert">{problem}</p>}
    </form>
  );
}

function explain(error: unknown) {
  if (!(error instanceof ConvexError)) {
    return "That did not work.";
  }
  const { kind, name } = error.data as { kind: string; name: string };
  return kind === "ChannelExists"
    ? `#${name} exists already.`
    : "Use lower-case letters, digits and dashes.";
}

function Connection() {
  const { isWebSocketConnected } = useConvexConnectionState();
  return (
    <span
      className={isWebSocketConnected ? "dot live" : "dot"}
      role="status"
      title={isWebSocketConnected ? "live" : "reconnecting"}
    >
      {isWebSocketConnected ? "live" : "reconnecting"}
    </span>
  );
}

function Drop() {
  return (
    <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden>
      <path d="M16 3c6 8 9 12 9 17a9 9 0 0 1-18 0c0-5 3-9 9-17z" fill="currentColor" />
    </svg>
  );
}
