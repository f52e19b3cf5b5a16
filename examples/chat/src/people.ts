import { useState } from "react";

const NAMES = ["Otter", "Heron", "Trout", "Dipper", "Beaver", "Mayfly", "Willow", "Alder"];

/** The visitor's name: kept per tab, so that two tabs can be two people. */
export function useNickname(): [string, (name: string) => void] {
  const [name, setName] = useState(
    () => sessionStorage.getItem("nickname") ?? NAMES[Math.floor(Math.random() * NAMES.length)],
  );
  const rename = (next: string) => {
    sessionStorage.setItem("nickname", next);
    setName(next);
  };
  return [name, rename];
}

/** A colour that stays the same for the same name. */
export function colorOf(name: string): string {
  let hash = 0;
  for (const character of name) {
    hash = (hash * 31 + character.codePointAt(0)!) % 360;
  }
  return `hsl(${hash} 55% 42%)`;
}
